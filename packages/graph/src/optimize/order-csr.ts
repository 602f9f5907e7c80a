/**
 * The dependencies of a graph as integers: those of task `t` are
 * `targets[offsets[t]] … targets[offsets[t + 1] - 1]`, without duplicates; acyclic is not guaranteed.
 */
export interface Csr {
  readonly size: number;
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** The same graph with every task called by its rank. */
export function relabel(graph: Csr, rank: Int32Array): Csr {
  const { size } = graph;
  const taskAt = new Int32Array(size);
  for (let task = 0; task < size; task++) taskAt[rank[task]!] = task;
  const offsets = new Int32Array(size + 1);
  const targets = new Int32Array(graph.targets.length);
  let end = 0;
  for (let place = 0; place < size; place++) {
    const task = taskAt[place]!;
    const last = graph.offsets[task + 1]!;
    for (let i = graph.offsets[task]!; i < last; i++) targets[end++] = rank[graph.targets[i]!]!;
    offsets[place + 1] = end;
  }
  return { size, offsets, targets };
}

/** Edges turned round; every list comes out in the order in which `sequence` visits the tasks. */
export function transpose(graph: Csr, sequence: Int32Array | undefined): Csr {
  const { size } = graph;
  const edges = graph.offsets[size]!;
  const offsets = new Int32Array(size + 1);
  for (let i = 0; i < edges; i++) {
    const target = graph.targets[i]!;
    offsets[target + 1] = offsets[target + 1]! + 1;
  }
  for (let task = 0; task < size; task++) offsets[task + 1] = offsets[task + 1]! + offsets[task]!;
  const cursor = offsets.slice(0, size);
  const targets = new Int32Array(edges);
  for (let n = 0; n < size; n++) {
    const task = sequence === undefined ? n : sequence[n]!;
    const last = graph.offsets[task + 1]!;
    for (let i = graph.offsets[task]!; i < last; i++) {
      const target = graph.targets[i]!;
      const at = cursor[target]!;
      targets[at] = task;
      cursor[target] = at + 1;
    }
  }
  return { size, offsets, targets };
}

/** Dependencies before dependents (Kahn), or undefined when there is a cycle. */
export function topologicalOrder(needs: Csr, users: Csr): Int32Array | undefined {
  const { size } = needs;
  const missing = new Int32Array(size);
  const queue = new Int32Array(size);
  let end = 0;
  for (let task = 0; task < size; task++) {
    missing[task] = needs.offsets[task + 1]! - needs.offsets[task]!;
    if (missing[task] === 0) queue[end++] = task;
  }
  for (let start = 0; start < end; start++) {
    const task = queue[start]!;
    const last = users.offsets[task + 1]!;
    for (let i = users.offsets[task]!; i < last; i++) {
      const user = users.targets[i]!;
      if (--missing[user]! === 0) queue[end++] = user;
    }
  }
  return end === size ? queue : undefined;
}

/** One cycle of a graph that has one: the same for every order of its edges. */
export function findCycle(needs: Csr): number[] {
  const { size } = needs;
  const users = transpose(needs, undefined);
  const sorted = transpose(users, undefined);
  const state = new Int8Array(size);
  const cursor = sorted.offsets.slice(0, size);
  const path: number[] = [];
  for (let start = 0; start < size; start++) {
    if (state[start] === 0) path.push(start);
    while (path.length > 0) {
      const task = path[path.length - 1]!;
      state[task] = 1;
      const at = cursor[task]!;
      if (at === sorted.offsets[task + 1]) {
        state[task] = 2;
        path.pop();
        continue;
      }
      cursor[task] = at + 1;
      const next = sorted.targets[at]!;
      if (state[next] === 1) return path.slice(path.indexOf(next));
      if (state[next] === 0) path.push(next);
    }
  }
  return [];
}
