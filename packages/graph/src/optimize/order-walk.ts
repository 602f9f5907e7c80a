import type { Csr } from "../csr.ts";
import type { Plan } from "./order-plan.ts";

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
/** In the place of a task's missing inputs: it has run. */
const ran = -1;
/** Where the numbers of a task stand in its four; how many inputs have not run comes first. */
const waits = 1;
const waiter = 2;
const frees = 3;

/** How a walk goes: to which goal first, and whether it leaves the way there. */
export interface Manner {
  readonly roaming: boolean;
  readonly goals: "goals" | "cheapestGoals";
}

/**
 * Runs a plan in thought, one task after the other.
 *
 * A direct walk goes depth first to one goal after the other. A roaming walk stops before each task
 * that it would start from nothing, to see whether one of the newest outputs can be let go for
 * less, and when it has reached a goal it goes on with what the newest output is for. Both run at
 * once every task that lets go of as much as it adds; the roaming one also looks along chains.
 *
 * Numbers that are read together for many tasks all over the graph are kept in few and small
 * arrays, for what a step costs is mostly waiting for memory.
 */
export class Walk {
  readonly #plan: Plan;
  readonly #roaming: boolean;
  readonly #goals: Int32Array;
  /** The place of each task in the order, once it has run. */
  readonly position: Int32Array;
  /** Outputs alive before a task: the most so far, and their sum over the tasks. */
  most = 0;
  sum = 0;
  /**
   * Four numbers a task, side by side since they are read together: how many inputs have not run,
   * or `ran`; how many users have not run, and at 0 its output is let go (`waits`); these users
   * joined by exclusive or, so that when one is left that is its number (`waiter`); and how many
   * inputs are alive for this task alone (`frees`).
   */
  readonly #state: Int32Array;
  /** Inputs that have not run, joined by exclusive or as well; kept when roaming only. */
  readonly #missed: Int32Array;
  /** Where to look for the next input, or user, of a task that has not run. */
  readonly #nextNeed: Int32Array;
  readonly #nextUser: Int32Array;
  /** Tasks to reach, the last first; each next to what it misses. May hold tasks that have run. */
  readonly #path: number[] = [];
  /** Tasks that can run and may be worth it at once, the last first. */
  readonly #offered: number[] = [];
  /** Outputs by age, the newest last; kept when roaming only. May hold some that were let go. */
  readonly #outputs: number[] = [];
  #goal = 0;
  #done = 0;
  #alive = 0;

  constructor(plan: Plan, { roaming, goals }: Manner) {
    const { needs, users } = plan;
    const { size } = needs;
    this.#plan = plan;
    this.#roaming = roaming;
    this.#goals = plan[goals];
    this.position = new Int32Array(size);
    this.#state = new Int32Array(4 * size);
    for (let t = 0; t < size; t++) {
      this.#state[4 * t] = needs.offsets[t + 1]! - needs.offsets[t]!;
      this.#state[4 * t + waits] = users.offsets[t + 1]! - users.offsets[t]!;
    }
    joinLists(users, this.#state, 4, waiter);
    this.#missed = new Int32Array(roaming ? size : 0);
    if (roaming) joinLists(needs, this.#missed, 1, 0);
    this.#nextNeed = needs.offsets.slice();
    this.#nextUser = roaming ? users.offsets.slice() : users.offsets;
  }

  /** Runs all tasks, or says no as soon as more than `limit` outputs are alive at once. */
  finish(limit: number): boolean {
    const path = this.#path;
    while (this.#aim()) {
      if (this.#state[4 * path.at(-1)!] !== 0) {
        if (this.#roaming) this.#detour();
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
    while (path.length > 0 && this.#state[4 * path.at(-1)!] === ran) path.pop();
    if (path.length > 0) return true;
    const { level } = this.#plan;
    const goals = this.#goals;
    while (this.#goal < goals.length && this.#state[4 * goals[this.#goal]!] === ran) this.#goal++;
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
    const path = this.#path;
    for (let task = path.at(-1)!; this.#state[4 * task] !== 0;) {
      task = this.#missingNeed(task);
      path.push(task);
    }
  }

  /** The dearest input of a task that has not run; there must be one. */
  #missingNeed(task: number): number {
    const { targets } = this.#plan.needs;
    let at = this.#nextNeed[task]!;
    while (this.#state[4 * targets[at]!] === ran) at++;
    this.#nextNeed[task] = at;
    return targets[at]!;
  }

  /** Aims first for what lets go of a new output, when that costs less than going on does. */
  #detour(): void {
    const task = this.#path.at(-1)!;
    const level = this.#plan.level?.[task];
    let best = this.#state[4 * task]!;
    let goal = -1;
    const first = this.#newest(detourOutputsMax);
    for (let i = this.#outputs.length - 1; i >= first; i--) {
      const output = this.#outputs[i]!;
      if (this.#state[4 * output + waits]! > detourUsersMax) continue;
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
    const state = this.#state;
    let from = outputs.length;
    let kept = 0;
    while (from > 0 && kept < count) if (state[4 * outputs[--from]! + waits]! > 0) kept++;
    let end = from;
    for (let i = from; i < outputs.length; i++) {
      if (state[4 * outputs[i]! + waits]! > 0) outputs[end++] = outputs[i]!;
    }
    outputs.length = end;
    return from;
  }

  /** Which user of an output to aim for, and what all of them still miss. */
  #release(output: number, level: number | undefined): { user: number; cost: number } | undefined {
    const { offsets, targets } = this.#plan.users;
    const state = this.#state;
    let at = this.#nextUser[output]!;
    while (state[4 * targets[at]!] === ran) at++;
    this.#nextUser[output] = at;
    let user = -1;
    let cost = 0;
    let seen = 0;
    for (const end = Math.min(offsets[output + 1]!, at + scanMax); at < end; at++) {
      const task = targets[at]!;
      if (state[4 * task] === ran) continue;
      if (level !== undefined && this.#plan.level![task] !== level) continue;
      seen++;
      cost += state[4 * task]! + 0.5;
      if (user < 0 || state[4 * task]! < state[4 * user]!) user = task;
    }
    if (user < 0) return undefined;
    return { user, cost: seen < this.#state[4 * output + waits]! ? Infinity : cost };
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
      if (this.#state[4 * task] === ran || !this.#isWorthIt(task)) continue;
      if (level === undefined || level[task] === level[first]) this.#settle(task);
    }
  }

  /** Whether a ready task, with the chain that hangs on it alone, lets go of as much as it adds. */
  #isWorthIt(first: number): boolean {
    const state = this.#state;
    const length = this.#roaming ? chainMax : 1;
    let task = first;
    let net = 0;
    for (let n = 1; ; n++) {
      net += (state[4 * task + waits] === 0 ? 0 : 1) - this.#state[4 * task + frees]!;
      if (net <= 0) return true;
      if (n === length || state[4 * task + waits] !== 1) return false;
      task = state[4 * task + waiter]!;
      if (this.#state[4 * task] !== 1) return false;
      net--;
    }
  }

  #settle(task: number): void {
    const { needs, users } = this.#plan;
    const state = this.#state;
    this.position[task] = this.#done++;
    if (this.#alive > this.most) this.most = this.#alive;
    this.sum += this.#alive;
    state[4 * task] = ran;
    const userCount = state[4 * task + waits]!;
    if (userCount > 0) this.#keep(task, userCount);
    const userTargets = users.targets;
    const firstUser = users.offsets[task]!;
    for (let i = firstUser + userCount - 1; i >= firstUser; i--) {
      const user = userTargets[i]!;
      if (this.#roaming) this.#missed[user]! ^= task;
      if (--state[4 * user]! <= 1) this.#offer(user);
    }
    const needTargets = needs.targets;
    const lastNeed = needs.offsets[task + 1]!;
    for (let i = needs.offsets[task]!; i < lastNeed; i++) {
      const input = needTargets[i]!;
      state[4 * input + waiter]! ^= task;
      const left = --state[4 * input + waits]!;
      if (left === 0) this.#alive--;
      else if (left === 1) {
        const last = state[4 * input + waiter]!;
        this.#state[4 * last + frees]!++;
        this.#offer(last);
      }
    }
  }

  #keep(task: number, userCount: number): void {
    this.#alive++;
    if (this.#roaming) this.#outputs.push(task);
    if (userCount === 1) this.#state[4 * this.#state[4 * task + waiter]! + frees]!++;
  }

  /** Offers a task that can run, or the only one that it misses when nothing else needs that. */
  #offer(task: number): void {
    const state = this.#state;
    if (state[4 * task] === 0) this.#offered.push(task);
    if (!this.#roaming || state[4 * task] !== 1) return;
    const before = this.#missed[task]!;
    const { offsets } = this.#plan.needs;
    const isStarted = offsets[before] !== offsets[before + 1];
    if (isStarted && state[4 * before] === 0 && this.#state[4 * before + waits] === 1) {
      this.#offered.push(before);
    }
  }
}

/** Writes the numbers of each list joined by exclusive or to `result[stride * t + at]`. */
function joinLists(lists: Csr, result: Int32Array, stride: number, at: number): void {
  const { size, offsets, targets } = lists;
  for (let task = 0; task < size; task++) {
    const last = offsets[task + 1]!;
    let joined = 0;
    for (let i = offsets[task]!; i < last; i++) joined ^= targets[i]!;
    result[stride * task + at] = joined;
  }
}
