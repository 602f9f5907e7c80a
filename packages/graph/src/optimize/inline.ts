import { mergeAnnotations } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { IntList, topologicalOrder } from "../graph-core.ts";
import type { Step } from "../program.ts";
import { identity } from "../program.ts";
import { cullCore } from "./cull.ts";
import { GroupBuilder } from "./group.ts";

/**
 * Copies the tasks that `chosen` names into every task that reads them; what nobody needs any more is
 * left out. Requested tasks stay tasks. Cost: a few array accesses a task, plus the copies.
 */
export function inlineCore(
  core: GraphCore,
  wanted: readonly number[],
  chosen: (t: number) => boolean,
): GraphCore {
  const { size, offsets, targets } = core;
  const inlined = chooseTasks(core, wanted, chosen);
  if (!inlined.includes(1)) return core;
  // Copies must come after what they read, so a group is gathered from its reader downwards, in order.
  topologicalOrder(core);
  const builder = new GroupBuilder(core);
  const seenBy = new Int32Array(size).fill(-1);
  const members = new IntList();
  const stack: number[] = [];
  const edge: number[] = [];
  for (let head = 0; head < size; head++) {
    if (inlined[head] === 1) continue;
    members.length = 0;
    stack.push(head);
    edge.push(offsets[head] as number);
    while (stack.length > 0) {
      const t = stack[stack.length - 1] as number;
      const e = edge[edge.length - 1]!++;
      if (e === (offsets[t + 1] as number)) {
        members.push(t);
        stack.pop();
        edge.pop();
        continue;
      }
      const input = targets[e] as number;
      if (inlined[input] === 0 || seenBy[input] === head) continue;
      seenBy[input] = head;
      stack.push(input);
      edge.push(offsets[input] as number);
    }
    builder.group(members.view());
  }
  const built = builder.build();
  return cullCore(built, renumbered(core, built, wanted));
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

function renumbered(core: GraphCore, built: GraphCore, tasks: readonly number[]): number[] {
  return tasks.map((t) => built.keys.indexOf(core.keys.at(t)));
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
