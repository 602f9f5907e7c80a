import type { RunSettings } from "../../packages/distributed/src/messages/client-messages.ts";
import type { Deed } from "./scenario.ts";

/** What a client says of a run that it submits. */
export function settingsOf(
  { kind, lookahead, priority, retries }: Deed,
  optimize: boolean,
): RunSettings {
  return {
    optimize,
    priority,
    retries,
    timeoutMs: undefined,
    resources: undefined,
    workers: undefined,
    allowOtherWorkers: false,
    lookahead: kind === "stream" ? Math.max(1, lookahead) : undefined,
    events: retries > 0,
    progress: retries > 0,
  };
}
