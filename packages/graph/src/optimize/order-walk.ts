import { type Csr, transpose } from "./order-csr.ts";

/** Registers wanted counted no further than this: beyond it, more or less decides nothing. */
const registersMax = 65_535;

/**
 * Depth first towards each goal, dearest dependency first, with every task run at once that lets go
 * of an input.
 */
export function walkTasks(
  needs: Csr,
  users: Csr,
  topological: Int32Array,
  level: Int32Array | undefined,
): Int32Array {
  const { size } = needs;
  const sequence = dearestFirst(registersWanted(needs, topological));
  const sortedUsers = transpose(needs, sequence);
  const sortedNeeds = transpose(users, sequence);
  const walk = new Walk(sortedNeeds, sortedUsers, level);
  for (const goal of goals(users, level)) walk.reach(goal);
  return walk.position.subarray(0, size);
}

/** Tasks that nothing of their own level needs, the highest priority first, then by rank. */
function goals(users: Csr, level: Int32Array | undefined): Int32Array {
  const { size } = users;
  const found = new Int32Array(size);
  let end = 0;
  for (let task = 0; task < size; task++) {
    let last = true;
    for (let i = users.offsets[task]!; last && i < users.offsets[task + 1]!; i++) {
      last = level !== undefined && level[users.targets[i]!]! > level[task]!;
    }
    if (last) found[end++] = task;
  }
  const all = found.subarray(0, end);
  return level === undefined ? all : all.sort((a, b) => level[a]! - level[b]! || a - b);
}

/** Sethi and Ullman's register numbers, read as outputs alive: exact on trees, too high elsewhere. */
function registersWanted(needs: Csr, topological: Int32Array): Int32Array {
  const { size } = needs;
  const wanted = new Int32Array(size);
  const children = new Int32Array(size);
  for (let n = 0; n < size; n++) {
    const task = topological[n]!;
    const first = needs.offsets[task]!;
    const count = needs.offsets[task + 1]! - first;
    for (let i = 0; i < count; i++) children[i] = wanted[needs.targets[first + i]!]!;
    if (count > 1) children.subarray(0, count).sort();
    let most = 1;
    for (let i = 0; i < count; i++) most = Math.max(most, children[i]! + count - 1 - i);
    wanted[task] = Math.min(most, registersMax);
  }
  return wanted;
}

/** All tasks, those that want most registers first, ties by number: a counting sort. */
function dearestFirst(wanted: Int32Array): Int32Array {
  const starts = new Int32Array(registersMax + 2);
  for (const count of wanted) starts[registersMax - count + 1]!++;
  for (let i = 0; i <= registersMax; i++) starts[i + 1] = starts[i + 1]! + starts[i]!;
  const sequence = new Int32Array(wanted.length);
  for (let task = 0; task < wanted.length; task++) {
    sequence[starts[registersMax - wanted[task]!]!++] = task;
  }
  return sequence;
}

class Walk {
  readonly position: Int32Array;
  readonly #needs: Csr;
  readonly #users: Csr;
  readonly #level: Int32Array | undefined;
  readonly #missing: Int32Array;
  /** Dependents of a task that have not run: at 0 its output is let go. */
  readonly #waiting: Int32Array;
  readonly #cursor: Int32Array;
  readonly #stack: Int32Array;
  readonly #ready: Int32Array;
  #readyEnd = 0;
  #next = 0;

  constructor(needs: Csr, users: Csr, level: Int32Array | undefined) {
    const { size } = needs;
    this.#needs = needs;
    this.#users = users;
    this.#level = level;
    this.position = new Int32Array(size).fill(-1);
    this.#missing = new Int32Array(size);
    this.#waiting = new Int32Array(size);
    for (let task = 0; task < size; task++) {
      this.#missing[task] = needs.offsets[task + 1]! - needs.offsets[task]!;
      this.#waiting[task] = users.offsets[task + 1]! - users.offsets[task]!;
    }
    this.#cursor = needs.offsets.slice(0, size);
    this.#stack = new Int32Array(size);
    this.#ready = new Int32Array(needs.targets.length + size);
  }

  /** Run everything that the goal needs and then the goal, unless it has run. */
  reach(goal: number): void {
    if (this.position[goal]! >= 0) return;
    const { offsets, targets } = this.#needs;
    this.#stack[0] = goal;
    let depth = 1;
    while (depth > 0) {
      const task = this.#stack[depth - 1]!;
      if (this.position[task]! >= 0) {
        depth--;
        continue;
      }
      let at = this.#cursor[task]!;
      const last = offsets[task + 1]!;
      while (at < last && this.position[targets[at]!]! >= 0) at++;
      this.#cursor[task] = at;
      if (at < last) this.#stack[depth++] = targets[at]!;
      else this.#run(task);
    }
  }

  #run(first: number): void {
    const level = this.#level === undefined ? 0 : this.#level[first]!;
    this.#settle(first);
    while (this.#readyEnd > 0) {
      const task = this.#ready[--this.#readyEnd]!;
      if (this.position[task]! >= 0 || !this.#frees(task)) continue;
      if (this.#level === undefined || this.#level[task] === level) this.#settle(task);
    }
  }

  /** Whether running the task lets go of an input, or costs nothing since nobody keeps its output. */
  #frees(task: number): boolean {
    if (this.#waiting[task] === 0) return true;
    const { offsets, targets } = this.#needs;
    for (let i = offsets[task]!; i < offsets[task + 1]!; i++) {
      if (this.#waiting[targets[i]!] === 1) return true;
    }
    return false;
  }

  #settle(task: number): void {
    this.position[task] = this.#next++;
    const needs = this.#needs;
    const users = this.#users;
    for (let i = users.offsets[task + 1]! - 1; i >= users.offsets[task]!; i--) {
      const user = users.targets[i]!;
      if (--this.#missing[user]! === 0) this.#ready[this.#readyEnd++] = user;
    }
    for (let i = needs.offsets[task]!; i < needs.offsets[task + 1]!; i++) {
      const input = needs.targets[i]!;
      if (--this.#waiting[input]! === 1) this.#offerLastUser(input);
    }
  }

  /** An output kept for one task only: if that one can run, running it costs no memory. */
  #offerLastUser(input: number): void {
    const { offsets, targets } = this.#users;
    for (let i = offsets[input]!; i < offsets[input + 1]!; i++) {
      const user = targets[i]!;
      if (this.position[user]! < 0) {
        if (this.#missing[user] === 0) this.#ready[this.#readyEnd++] = user;
        return;
      }
    }
  }
}
