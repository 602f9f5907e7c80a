import type * as arrow from "apache-arrow";

/** What apache-arrow exports. */
export type ArrowModule = typeof arrow;

let loading: Promise<ArrowModule> | undefined;

/** Arrow, imported by the first who makes something of it: it takes longer than most tasks. */
export function arrowModule(): Promise<ArrowModule> {
  loading ??= import("apache-arrow");
  return loading;
}
