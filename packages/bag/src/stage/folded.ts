import { copyData } from "../copy-data.ts";
import { withSettled } from "./settled.ts";
import type { StructuralMap } from "./structural-map.ts";

/**
 * A value that a fold goes on from. Until the first call it may belong to somebody else: it is an
 * element, or a part that a second attempt will start from again.
 */
export interface Folded {
  value: unknown;
  isOwn: boolean;
}

/** Goes on with a call, which may change what it is given. */
export function foldOn(
  folded: Folded,
  call: (value: unknown) => unknown,
): Folded | Promise<Folded> {
  const start = folded.isOwn ? folded.value : copyData(folded.value);
  return withSettled(call(start), (next) => {
    folded.value = next;
    folded.isOwn = true;
    return folded;
  });
}

/** What has been folded under each key. */
export function foldedPairs(groups: StructuralMap<Folded>): [key: unknown, value: unknown][] {
  return Array.from(groups.entries(), ({ key, value }) => [key, value.value]);
}
