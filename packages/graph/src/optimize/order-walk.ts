import type { Csr, Plan } from "./order-plan.ts";

/** How far along a chain of tasks, each the only user of the one before, a ready task is judged. */
const chainMax = 4;
/** How many of the newest outputs are looked at when something might be let go by a detour. */
const detourOutputsMax = 4;
/** An output that more tasks still wait for is not worth a detour. */
const detourUsersMax = 2;
/** How many tasks deep a detour may go before it reaches one that can run. */
const detourDepthMax = 8;
/** How many users of one output are looked at to find those that have not run. */
const scanMax = 16;

/**
 * Runs a plan in thought, one task after the other.
 *
 * A direct walk goes depth first to one goal after the other. A roaming walk stops before each task
 * that it would start from nothing, to see whether one of the newest outputs can be let go for
 * less, and continues from the newest output rather than with the next goal.
 */
export class Walk {
  readonly #plan: Plan;
  readonly #roaming: boolean;
  /** The place of each task in the order; -1 until it has run. */
  readonly position: Int32Array;
  /** Outputs alive before a task: the most so far, and their sum over the tasks. */
  most = 0;
  sum = 0;
  /**
   * Four numbers a task, side by side since they are read together: how many tasks it misses, or -1
   * once it has run; these joined by exclusive or, so that when one is left that is its number; and
   * the same two for its users that have not run: when there is none its output is let go.
   */
  readonly #state: Int32Array;
  /** Where to look for the next dependency, or user, of a task that has not run. */
  readonly #needCursor: Int32Array;
  readonly #userCursor: Int32Array;
  /** Tasks to reach, the last first; each next to what it misses. May hold tasks that have run. */
  readonly #path: number[] = [];
  /** Tasks that can run and may be worth it at once, the last first. */
  readonly #offered: number[] = [];
  /** Outputs by age, the newest last; kept when roaming only. May hold some that were let go. */
  readonly #outputs: number[] = [];
  #goal = 0;
  #done = 0;
  #alive = 0;

  constructor(plan: Plan, roaming: boolean) {
    this.#plan = plan;
    this.#roaming = roaming;
    this.position = new Int32Array(plan.needs.size).fill(-1);
    this.#state = new Int32Array(4 * plan.needs.size);
    countAndJoin(plan.needs, this.#state, 0);
    countAndJoin(plan.users, this.#state, 2);
    this.#needCursor = plan.needs.offsets.slice();
    this.#userCursor = plan.users.offsets.slice();
  }

  /** Runs all tasks, or stops and says no as soon as more than `limit` outputs are alive at once. */
  finish(limit: number): boolean {
    const path = this.#path;
    while (this.#aim()) {
      const next = path.at(-1)!;
      if (this.#state[4 * next] !== 0) {
        if (this.#roaming) this.#detour(next);
        this.#descend();
      }
      this.#run(path.pop()!);
      if (this.most > limit) return false;
    }
    return true;
  }

  /** Leaves a task that has not run at the end of the path, unless all have run. */
  #aim(): boolean {
    const path = this.#path;
    while (path.length > 0 && this.#state[4 * path.at(-1)!]! < 0) path.pop();
    if (path.length > 0) return true;
    const { goals, level } = this.#plan;
    while (this.#goal < goals.length && this.#state[4 * goals[this.#goal]!]! < 0) this.#goal++;
    if (this.#goal === goals.length) return false;
    const goal = goals[this.#goal]!;
    const newest = this.#roaming ? this.#newest(1) : 0;
    const near =
      newest < this.#outputs.length
        ? this.#release(this.#outputs[newest]!, level?.[goal])
        : undefined;
    path.push(near?.user ?? goal);
    return true;
  }

  /** Puts what the last task of the path misses behind it, and so on, down to one that can run. */
  #descend(): void {
    for (let task = this.#path.at(-1)!; this.#state[4 * task] !== 0;) {
      task = this.#missingNeed(task);
      this.#path.push(task);
    }
  }

  /** The dearest dependency of a task that has not run; there must be one. */
  #missingNeed(task: number): number {
    const { targets } = this.#plan.needs;
    let at = this.#needCursor[task]!;
    while (this.#state[4 * targets[at]!]! < 0) at++;
    this.#needCursor[task] = at;
    return targets[at]!;
  }

  /** Aims first for what lets go of a new output, when that costs less than going on does. */
  #detour(task: number): void {
    const level = this.#plan.level?.[task];
    let best = this.#state[4 * task]!;
    let goal = -1;
    const first = this.#newest(detourOutputsMax);
    for (let i = this.#outputs.length - 1; i >= first; i--) {
      const output = this.#outputs[i]!;
      if (this.#state[4 * output + 2]! > detourUsersMax) continue;
      const found = this.#release(output, level);
      if (found === undefined || found.cost >= best || !this.#isNear(found.user)) continue;
      best = found.cost;
      goal = found.user;
    }
    if (goal >= 0) this.#path.push(goal);
  }

  /** Clears outputs that were let go from the end of the list until `count` others stand there. */
  #newest(count: number): number {
    const outputs = this.#outputs;
    let from = outputs.length;
    let kept = 0;
    while (from > 0 && kept < count) if (this.#state[4 * outputs[--from]! + 2]! > 0) kept++;
    let end = from;
    for (let i = from; i < outputs.length; i++) {
      if (this.#state[4 * outputs[i]! + 2]! > 0) outputs[end++] = outputs[i]!;
    }
    outputs.length = end;
    return from;
  }

  /** Which user of an output to aim for, and what all of them still miss. */
  #release(output: number, level: number | undefined): { user: number; cost: number } | undefined {
    const { offsets, targets } = this.#plan.users;
    const last = offsets[output + 1]!;
    let at = this.#userCursor[output]!;
    while (this.#state[4 * targets[at]!]! < 0) at++;
    this.#userCursor[output] = at;
    let user = -1;
    let cost = 0;
    let seen = 0;
    for (const end = Math.min(last, at + scanMax); at < end; at++) {
      const task = targets[at]!;
      if (this.#state[4 * task]! < 0) continue;
      if (level !== undefined && this.#plan.level![task] !== level) continue;
      seen++;
      cost += this.#state[4 * task]! + 0.5;
      if (user < 0 || this.#state[4 * task]! < this.#state[4 * user]!) user = task;
    }
    if (user < 0) return undefined;
    return { user, cost: seen < this.#state[4 * output + 2]! ? Infinity : cost };
  }

  #isNear(task: number): boolean {
    let at = task;
    for (let d = 0; d < detourDepthMax && this.#state[4 * at] !== 0; d++)
      at = this.#missingNeed(at);
    return this.#state[4 * at] === 0;
  }

  /** Runs a task, then every task of its level that has become worth it. */
  #run(first: number): void {
    const { level } = this.#plan;
    const offered = this.#offered;
    this.#settle(first);
    while (offered.length > 0) {
      const task = offered.pop()!;
      if (this.#state[4 * task]! < 0 || !this.#isWorthIt(task)) continue;
      if (level === undefined || level[task] === level[first]) this.#settle(task);
    }
  }

  /** Whether a ready task, with the chain that hangs on it alone, lets go of as much as it adds. */
  #isWorthIt(first: number): boolean {
    const { offsets, targets } = this.#plan.needs;
    const chain = this.#roaming ? chainMax : 1;
    let task = first;
    let net = 0;
    for (let length = 1; ; length++) {
      for (let i = offsets[task]!; i < offsets[task + 1]!; i++) {
        const input = targets[i]!;
        if (this.#state[4 * input + 2] === 1 && this.#state[4 * input]! < 0) net--;
      }
      if (this.#state[4 * task + 2]! > 0) net++;
      if (length > 1) net--;
      if (net <= 0) return true;
      if (length === chain || this.#state[4 * task + 2] !== 1) return false;
      task = this.#state[4 * task + 3]!;
      if (this.#state[4 * task] !== 1) return false;
    }
  }

  #settle(task: number): void {
    const { needs, users } = this.#plan;
    const state = this.#state;
    this.position[task] = this.#done++;
    if (this.#alive > this.most) this.most = this.#alive;
    this.sum += this.#alive;
    state[4 * task] = -1;
    if (state[4 * task + 2]! > 0) {
      this.#alive++;
      if (this.#roaming) this.#outputs.push(task);
    }
    for (let i = users.offsets[task + 1]! - 1; i >= users.offsets[task]!; i--) {
      const user = users.targets[i]!;
      state[4 * user + 1]! ^= task;
      if (--state[4 * user]! <= 1) this.#offer(user);
    }
    for (let i = needs.offsets[task]!; i < needs.offsets[task + 1]!; i++) {
      const input = needs.targets[i]!;
      state[4 * input + 3]! ^= task;
      const left = --state[4 * input + 2]!;
      if (left === 0) this.#alive--;
      else if (left === 1) this.#offer(state[4 * input + 3]!);
    }
  }

  /** Offers a task that can run, or the only one that it misses when nothing else needs that. */
  #offer(task: number): void {
    const state = this.#state;
    if (state[4 * task] === 0) this.#offered.push(task);
    if (!this.#roaming || state[4 * task] !== 1) return;
    const before = state[4 * task + 1]!;
    const { offsets } = this.#plan.needs;
    const started = offsets[before] !== offsets[before + 1];
    if (started && state[4 * before] === 0 && this.#state[4 * before + 2] === 1) {
      this.#offered.push(before);
    }
  }
}

/** Writes for each list its length and its numbers joined by exclusive or. */
function countAndJoin({ size, offsets, targets }: Csr, state: Int32Array, at: number): void {
  for (let task = 0; task < size; task++) {
    const last = offsets[task + 1]!;
    let joined = 0;
    for (let i = offsets[task]!; i < last; i++) joined ^= targets[i]!;
    state[4 * task + at] = last - offsets[task]!;
    state[4 * task + at + 1] = joined;
  }
}
