/**
 * The dependencies of a graph as integers: those of task `t` are
 * `targets[offsets[t]] … targets[offsets[t + 1] - 1]`, without duplicates. It may hold a cycle.
 */
export interface Csr {
  readonly size: number;
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** The tasks in the order of their ranks; undefined stands for 0, 1, 2 …, as it does for `rank`. */
export function tasksByRank(rank: Int32Array | undefined): Int32Array | undefined {
  if (rank === undefined) return undefined;
  const byRank = new Int32Array(rank.length);
  for (let task = 0; task < rank.length; task++) byRank[rank[task]!] = task;
  return byRank;
}

/**
 * Edges turned round: who reads each task. Every list comes out in the order in which `sequence`
 * visits the tasks; undefined stands for 0, 1, 2 …. Cost: one visit an edge.
 *
 * @example
 * ```ts
 * import { transpose } from "@millrace/graph";
 *
 * // Task 1 reads task 0, task 2 reads both.
 * const reads = { size: 3, offsets: Int32Array.of(0, 0, 1, 3), targets: Int32Array.of(0, 0, 1) };
 * transpose(reads, undefined).targets; // => Int32Array.of(1, 2, 2)
 * ```
 */
export function transpose(graph: Csr, sequence: Int32Array | undefined): Csr {
  const { size } = graph;
  const edges = graph.offsets[size]!;
  const offsets = new Int32Array(size + 1);
  for (let i = 0; i < edges; i++) offsets[graph.targets[i]! + 1]!++;
  for (let task = 0; task < size; task++) offsets[task + 1]! += offsets[task]!;
  const cursor = offsets.slice(0, size);
  const targets = new Int32Array(edges);
  for (let n = 0; n < size; n++) {
    const task = sequence === undefined ? n : sequence[n]!;
    const last = graph.offsets[task + 1]!;
    for (let i = graph.offsets[task]!; i < last; i++) {
      targets[cursor[graph.targets[i]!]!++] = task;
    }
  }
  return { size, offsets, targets };
}

/**
 * Every task after what it needs, or undefined when there is a cycle: the post-order of a
 * depth-first walk, without recursion.
 */
export function sortTopologically({ size, offsets, targets }: Csr): Int32Array | undefined {
  const sorted = new Int32Array(size);
  const state = new Uint8Array(size);
  const path = new Int32Array(size);
  const cursor = offsets.slice(0, size);
  let end = 0;
  for (let root = 0; root < size; root++) {
    if (state[root] !== unvisited) continue;
    let depth = 0;
    path[0] = root;
    state[root] = onPath;
    while (depth >= 0) {
      const task = path[depth]!;
      const at = cursor[task]!++;
      if (at === offsets[task + 1]) {
        state[task] = done;
        sorted[end++] = task;
        depth--;
        continue;
      }
      const next = targets[at]!;
      if (state[next] === onPath) return undefined;
      if (state[next] === done) continue;
      state[next] = onPath;
      path[++depth] = next;
    }
  }
  return sorted;
}

const unvisited = 0;
const onPath = 1;
const done = 2;

/** One cycle of a graph that has one: the same one however its tasks and edges are numbered. */
export function findCycle(users: Csr, byRank: Int32Array | undefined): number[] {
  const needs = transpose(users, byRank);
  const { size } = needs;
  const state = new Int8Array(size);
  const cursor = needs.offsets.slice(0, size);
  const path: number[] = [];
  for (let n = 0; n < size; n++) {
    const start = byRank === undefined ? n : byRank[n]!;
    if (state[start] === unvisited) path.push(start);
    while (path.length > 0) {
      const task = path.at(-1)!;
      state[task] = onPath;
      const at = cursor[task]!++;
      if (at === needs.offsets[task + 1]) {
        state[task] = done;
        path.pop();
        continue;
      }
      const next = needs.targets[at]!;
      if (state[next] === onPath) return path.slice(path.indexOf(next));
      if (state[next] === unvisited) path.push(next);
    }
  }
  return [];
}
