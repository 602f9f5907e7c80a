import type { GraphCore } from "../graph-core.ts";
import { dependents } from "../graph-core.ts";
import type { ProgramShape } from "./program-shape.ts";

/** The leaf steps of a task that no step of its group feeds, by the tasks that they read. */
interface OpenLeaves {
  readonly reading: ReadonlyMap<number, readonly number[]>;
  readonly open: Set<number>;
}

/**
 * Tells which steps of a group are leaves: those that read no other step of it, be it under another
 * name. A leaf that is fed once stays so.
 */
export class GroupLeaves {
  readonly #core: GraphCore;
  readonly #shapes: readonly ProgramShape[];
  readonly #absorbed: Uint8Array;
  readonly #width: Int32Array;
  /** Tasks without work of their own that give what a later taken step gives. */
  readonly #fed = new Set<number>();
  readonly #leaves = new Map<number, OpenLeaves>();

  /** `width` is how many leaves a group has, and 0 where it has no steps at all. */
  constructor(
    core: GraphCore,
    shapes: readonly ProgramShape[],
    absorbed: Uint8Array,
    width: Int32Array,
  ) {
    this.#core = core;
    this.#shapes = shapes;
    this.#absorbed = absorbed;
    this.#width = width;
  }

  /** Leaf steps of a task that read no step of what it has taken. */
  countOpen(t: number): number {
    const { offsets, targets, program } = this.#core;
    const start = offsets[t] as number;
    const { leaves } = this.#shapes[program[t] as number] as ProgramShape;
    let count = 0;
    for (const leaf of leaves) {
      if (!leaf.some((input) => this.#feeds(targets[start + input] as number))) count++;
    }
    return count;
  }

  #feeds(source: number): boolean {
    if (this.#absorbed[source] === 0) return false;
    return (this.#width[source] as number) > 0 || this.#fed.has(source);
  }

  /** How many leaves of a group are leaves no more, since it is about to take `source`. */
  feed(source: number): number {
    const { offsets, targets } = dependents(this.#core);
    let count = 0;
    const stack = [source];
    const nowFed = new Set<number>();
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      for (let e = offsets[next] as number; e < (offsets[next + 1] as number); e++) {
        const reader = targets[e] as number;
        const shape = this.#shapes[this.#core.program[reader] as number] as ProgramShape;
        if (shape.depth > 0) count += this.#feedLeaves(reader, next);
        else if (this.#absorbed[reader] === 1 && !this.#fed.has(reader) && !nowFed.has(reader)) {
          nowFed.add(reader);
          stack.push(reader);
        }
      }
    }
    // Only now, for leaves are told open or fed as they were before.
    for (const task of nowFed) this.#fed.add(task);
    return count;
  }

  #feedLeaves(task: number, source: number): number {
    const { reading, open } = this.#leavesOf(task);
    let count = 0;
    for (const leaf of reading.get(source) ?? []) if (open.delete(leaf)) count++;
    return count;
  }

  #leavesOf(task: number): OpenLeaves {
    const known = this.#leaves.get(task);
    if (known !== undefined) return known;
    const { offsets, targets, program } = this.#core;
    const start = offsets[task] as number;
    const reading = new Map<number, number[]>();
    const open = new Set<number>();
    const { leaves } = this.#shapes[program[task] as number] as ProgramShape;
    leaves.forEach((inputs, leaf) => {
      const sources = inputs.map((input) => targets[start + input] as number);
      if (sources.some((source) => this.#feeds(source))) return;
      open.add(leaf);
      for (const source of sources) {
        const others = reading.get(source);
        if (others === undefined) reading.set(source, [leaf]);
        else others.push(leaf);
      }
    });
    const made = { reading, open };
    this.#leaves.set(task, made);
    return made;
  }
}
