import type { GraphCore } from "../graph-core.ts";
import { subsetKeys } from "../key-table.ts";

/**
 * The part of a graph that the tasks `wanted` need: the same tasks, renumbered in the same order.
 * Cost: one visit of each kept task and edge.
 */
export function cullCore(core: GraphCore, wanted: readonly number[]): GraphCore {
  const kept = markNeeded(core, wanted);
  return kept.count === core.size ? core : selectTasks(core, kept.marks, kept.count);
}

function markNeeded(
  { size, offsets, targets }: GraphCore,
  wanted: readonly number[],
): { marks: Uint8Array; count: number } {
  const marks = new Uint8Array(size);
  const stack = new Int32Array(size);
  let depth = 0;
  let count = 0;
  for (const root of wanted) {
    if (marks[root] === 1) continue;
    marks[root] = 1;
    stack[depth++] = root;
    while (depth > 0) {
      const t = stack[--depth] as number;
      count++;
      const end = offsets[t + 1] as number;
      for (let e = offsets[t] as number; e < end; e++) {
        const input = targets[e] as number;
        if (marks[input] === 1) continue;
        marks[input] = 1;
        stack[depth++] = input;
      }
    }
  }
  return { marks, count };
}

/** The marked tasks alone; whoever calls has marked everything that they read. */
function selectTasks(core: GraphCore, marks: Uint8Array, count: number): GraphCore {
  const { size, offsets, targets, constantOffsets } = core;
  const ids = new Int32Array(count);
  const numbers = new Int32Array(size);
  let edges = 0;
  for (let t = 0, next = 0; t < size; t++) {
    if (marks[t] === 0) continue;
    numbers[t] = next;
    ids[next++] = t;
    edges += (offsets[t + 1] as number) - (offsets[t] as number);
  }
  const newOffsets = new Int32Array(count + 1);
  const newTargets = new Int32Array(edges);
  const newConstantOffsets = new Int32Array(count + 1);
  const constants: unknown[] = [];
  let edge = 0;
  for (let i = 0; i < count; i++) {
    const t = ids[i] as number;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      newTargets[edge++] = numbers[targets[e] as number] as number;
    }
    newOffsets[i + 1] = edge;
    const lastConstant = constantOffsets[t + 1] as number;
    for (let c = constantOffsets[t] as number; c < lastConstant; c++)
      constants.push(core.constants[c]);
    newConstantOffsets[i + 1] = constants.length;
  }
  return {
    size: count,
    keys: subsetKeys(core.keys, ids),
    offsets: newOffsets,
    targets: newTargets,
    program: pick(core.program, ids),
    programs: core.programs,
    constantOffsets: newConstantOffsets,
    constants,
    annotation: pick(core.annotation, ids),
    annotations: core.annotations,
  };
}

/** `values` at `ids`. */
export function pick(values: Int32Array, ids: Int32Array): Int32Array {
  const picked = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) picked[i] = values[ids[i] as number] as number;
  return picked;
}
