import type { Key } from "@millrace/graph";
import { SchedulerLostError } from "../errors.ts";
import type { Attempt } from "../messages/client-messages.ts";
import type { ClientInstruction, Counts } from "./client-events.ts";
import { closedError } from "./client-options.ts";
import { errorOf } from "./run-failure.ts";

/** Who is told what becomes of a run. */
export interface RunListener {
  /** An output has come: its value, or undefined where that stays with a worker. */
  give(output: number, value: unknown): void;
  /** Some outputs have failed. */
  failOutputs(outputs: readonly number[], error: Error): void;
  /** Outputs that had failed are tried again. */
  retried(outputs: readonly number[]): void;
  /** The whole run has failed, or is given up. */
  fail(error: unknown): void;
  progressed(counts: Counts): void;
  /** Outputs that are held, as far as they are there or may come, and what they are called. */
  heldKeys(): ReadonlyMap<number, Key>;
  attempted(attempts: readonly Attempt[]): void;
}

type News = Extract<
  ClientInstruction,
  { kind: "finished" | "failed" | "retried" | "rejected" | "lost" | "progressed" | "attempted" }
>;

/**
 * Tells a listener what has become of its run.
 *
 * @param isClosed - whether it is the client who asks for nothing any more
 */
export function hear(run: RunListener, news: News, isClosed: boolean): void {
  switch (news.kind) {
    case "finished":
      for (const output of news.outputs) run.give(output, undefined);
      return;
    case "failed":
      run.failOutputs(news.outputs, errorOf(news.failure));
      return;
    case "retried":
      run.retried(news.outputs);
      return;
    case "rejected":
      run.fail(news.error);
      return;
    case "lost":
      if (isClosed) run.fail(closedError("compute", "a run that has not ended"));
      else run.fail(new SchedulerLostError(news.reason));
      return;
    case "progressed":
      run.progressed(news.counts);
      return;
    case "attempted":
      run.attempted(news.attempts);
      return;
  }
}
