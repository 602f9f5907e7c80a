import { mergeAnnotations } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { topologicalOrder } from "../graph-core.ts";
import type { Step } from "../program.ts";
import { identity } from "../program.ts";
import { cullCore } from "./cull.ts";
import { GroupBuilder } from "./group.ts";

/**
 * Copies the tasks that `chosen` names into every task that reads them; what nobody needs any
 * more is left out. Requested tasks stay tasks. Cost: a few array accesses a task, plus the
 * copies.
 */
export function inlineCore(
  core: GraphCore,
  wanted: readonly number[],
  chosen: (t: number) => boolean,
): GraphCore {
  const { size } = core;
  const inlined = chooseTasks(core, wanted, chosen);
  const inlinedCount = inlined.reduce((sum, one) => sum + one, 0);
  if (inlinedCount === 0) return core;
  // Copies must come after what they read: a cycle among them has no such order.
  topologicalOrder(core);
  const builder = new GroupBuilder(core, size - inlinedCount);
  const copies = new Copies(core, inlined);
  for (let head = 0; head < size; head++) {
    if (inlined[head] === 1) continue;
    if (copies.areReadBy(head)) builder.group(copies.members, copies.gather(head));
    else builder.single(head);
  }
  const built = builder.build();
  return cullCore(
    built,
    wanted.map((t) => builder.numberOf(t)),
  );
}

/** Gathers the tasks to copy into a reader by a depth-first walk, without recursion. */
class Copies {
  /** The tasks gathered last, each after what it reads, the reader at the end. */
  readonly members: Int32Array;
  readonly #core: GraphCore;
  readonly #inlined: Uint8Array;
  readonly #seenBy: Int32Array;
  readonly #path: Int32Array;
  readonly #edges: Int32Array;

  constructor(core: GraphCore, inlined: Uint8Array) {
    this.#core = core;
    this.#inlined = inlined;
    this.members = new Int32Array(core.size);
    this.#seenBy = new Int32Array(core.size).fill(-1);
    this.#path = new Int32Array(core.size);
    this.#edges = new Int32Array(core.size);
  }

  areReadBy(t: number): boolean {
    const { offsets, targets } = this.#core;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      if (this.#inlined[targets[e] as number] === 1) return true;
    }
    return false;
  }

  /** Fills `members` for the reader `head`; gives their number. */
  gather(head: number): number {
    const { offsets, targets } = this.#core;
    const path = this.#path;
    const edges = this.#edges;
    let count = 0;
    let depth = 0;
    path[0] = head;
    edges[0] = offsets[head] as number;
    while (depth >= 0) {
      const t = path[depth] as number;
      const e = edges[depth]!++;
      if (e === offsets[t + 1]) {
        this.members[count++] = t;
        depth--;
        continue;
      }
      const input = targets[e] as number;
      if (this.#inlined[input] === 0 || this.#seenBy[input] === head) continue;
      this.#seenBy[input] = head;
      path[++depth] = input;
      edges[depth] = offsets[input] as number;
    }
    return count;
  }
}

/** 1 for each task to copy: chosen, not requested, and allowed where it is read. */
function chooseTasks(
  core: GraphCore,
  wanted: readonly number[],
  chosen: (t: number) => boolean,
): Uint8Array {
  const { size, offsets, targets, annotation, annotations } = core;
  const inlined = new Uint8Array(size);
  for (let t = 0; t < size; t++) inlined[t] = chosen(t) ? 1 : 0;
  for (const t of wanted) inlined[t] = 0;
  for (let t = 0; t < size; t++) {
    for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
      const input = targets[e] as number;
      const a = annotation[t] as number;
      const b = annotation[input] as number;
      if (a === b || inlined[input] === 0) continue;
      if (mergeAnnotations(annotations[a], annotations[b]) === undefined) inlined[input] = 0;
    }
  }
  return inlined;
}

/** Whether a task does no work: another name for a value, or a value that is cheap to copy. */
export function isCheap(core: GraphCore, t: number): boolean {
  const program = core.programs[core.program[t] as number];
  const step = program?.steps[0] as Step;
  if (program?.steps.length !== 1 || step.fn !== identity) return false;
  const arg = step.args[0];
  if (arg?.kind === "input") return true;
  if (arg?.kind !== "constant") return false;
  const value = core.constants[core.constantOffsets[t] as number];
  return typeof value === "string" ? value.length <= stringLengthMax : isPrimitive(value);
}

/** Longer texts are not copied into every reader. */
const stringLengthMax = 1000;

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
