import { mergeAnnotations } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { IntList, topologicalOrder } from "../graph-core.ts";
import type { Arg, Program, Step } from "../program.ts";
import { forEachLeaf, identity } from "../program.ts";
import { GroupBuilder } from "./group.ts";

/** Limits of {@link fuseCore}. */
export interface FuseLimits {
  readonly maxWidth: number;
  readonly maxDepth: number;
}

/**
 * Joins tasks that only one other task reads with their reader. A reader takes all such inputs or
 * none: it takes them when at most `maxWidth` of its inputs could have been made in parallel (a
 * fused input counts as many as it has swallowed, plain values count nothing, an input that a
 * swallowed one reads anyway counts nothing) and the steps stay within `maxDepth`. Decisions go
 * from the inputs up and depend on the shape alone; afterwards nothing is left to fuse. Cost: a
 * few array accesses a task and edge.
 */
export function fuseCore(
  core: GraphCore,
  wanted: readonly number[],
  limits: FuseLimits,
): GraphCore {
  const fusion = new Fusion(core, wanted, limits);
  const sorted = topologicalOrder(core);
  for (let i = 0; i < sorted.length; i++) fusion.visit(sorted[i] as number);
  return fusion.absorbedCount === 0 ? core : fusion.build();
}

class Fusion {
  absorbedCount = 0;
  readonly #core: GraphCore;
  readonly #limits: FuseLimits;
  /** How many groups read a task; requested tasks count two readers more than they have. */
  readonly #readers: Int32Array;
  readonly #absorbed: Uint8Array;
  /** Members of a group are linked from `first[head]` over `next` to the head. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #width: Int32Array;
  readonly #depth: Int32Array;
  /** What a group reads: the row of this task of the graph, or, where negative, `lists[~row]`. */
  readonly #row: Int32Array;
  readonly #lists: number[][] = [];
  readonly #shapes: readonly ProgramShape[];
  /** Of the inputs of the group at hand: those to take, and the others. */
  readonly #taken = new IntList();
  readonly #left = new IntList();
  readonly #mark: Int32Array;
  #marking = 0;
  /** All inputs of this row, and no others, are marked. */
  #markedRow = noRow;

  constructor(core: GraphCore, wanted: readonly number[], limits: FuseLimits) {
    const { size, targets } = core;
    this.#core = core;
    this.#limits = limits;
    this.#shapes = core.programs.map(shapeOf);
    this.#readers = new Int32Array(size);
    this.#absorbed = new Uint8Array(size);
    this.#first = new Int32Array(size);
    this.#next = new Int32Array(size);
    this.#width = new Int32Array(size);
    this.#depth = new Int32Array(size);
    this.#row = new Int32Array(size);
    this.#mark = new Int32Array(size);
    for (let e = 0; e < targets.length; e++) this.#readers[targets[e] as number]!++;
    for (const t of wanted) this.#readers[t]! += 2;
  }

  /** Decides what task `t` swallows; everything that it reads has been visited. */
  visit(t: number): void {
    const { offsets, targets, program } = this.#core;
    const shape = this.#shapes[program[t] as number] as ProgramShape;
    this.#first[t] = t;
    this.#row[t] = t;
    this.#width[t] = shape.leaves.length;
    this.#depth[t] = shape.depth;
    const start = offsets[t] as number;
    const end = offsets[t + 1] as number;
    if (end === start + 1) {
      this.#follow(t, targets[start] as number, shape);
      return;
    }
    for (let e = start; e < end; e++) {
      if (this.#readers[targets[e] as number] === 1) {
        while (this.#choose(t) && this.#take(t));
        return;
      }
    }
  }

  /** A link of a chain: what `#choose` and `#take` do where `input` is all that `t` reads. */
  #follow(t: number, input: number, { depth, rootCount }: ProgramShape): void {
    const { maxWidth, maxDepth } = this.#limits;
    const width = this.#width[input] as number;
    const joinedDepth = depth + (this.#depth[input] as number);
    if (width > maxWidth || joinedDepth > maxDepth || !this.#mayTake(t, input)) return;
    this.#absorbed[input] = 1;
    this.absorbedCount++;
    this.#depth[t] = joinedDepth;
    if (width > 0) this.#width[t] = width + rootCount;
    this.#first[t] = this.#first[input] as number;
    this.#next[input] = t;
    this.#row[t] = this.#row[input] as number;
  }

  /**
   * Sorts the inputs of a group into those to take and the others; false when none are to be taken.
   */
  #choose(t: number): boolean {
    const { maxWidth, maxDepth } = this.#limits;
    const taken = this.#taken;
    const left = this.#left;
    taken.length = 0;
    left.length = 0;
    let depth = this.#depth[t] as number;
    let parallel = 0;
    const inputs = this.#inputsOf(t);
    const end = this.#endOf(t);
    for (let i = this.#startOf(t); i < end; i++) {
      const input = inputs[i] as number;
      if (!this.#mayTake(t, input)) {
        left.push(input);
        continue;
      }
      taken.push(input);
      depth += this.#depth[input] as number;
      parallel += this.#width[input] as number;
      if (depth > maxDepth || parallel > maxWidth) return false;
    }
    return taken.length > 0 && (left.length === 0 || this.#leavesRoom(parallel));
  }

  /** Whether the inputs that are left, as far as no taken one reads them, keep within the width. */
  #leavesRoom(taken: number): boolean {
    this.#markTaken();
    let parallel = taken;
    for (let i = 0; i < this.#left.length; i++) {
      const input = this.#left.at(i);
      if (this.#mark[input] !== this.#marking && (this.#width[input] as number) > 0) parallel++;
    }
    return parallel <= this.#limits.maxWidth;
  }

  #mayTake(t: number, input: number): boolean {
    if (this.#readers[input] !== 1) return false;
    const { annotation, annotations } = this.#core;
    const a = annotation[t] as number;
    const b = annotation[input] as number;
    return a === b || mergeAnnotations(annotations[a], annotations[b]) !== undefined;
  }

  /** What a group reads stands in `#inputsOf` from `#startOf` up to `#endOf`. */
  #inputsOf(group: number): ArrayLike<number> {
    const row = this.#row[group] as number;
    return row < 0 ? (this.#lists[~row] as number[]) : this.#core.targets;
  }

  #startOf(group: number): number {
    const row = this.#row[group] as number;
    return row < 0 ? 0 : (this.#core.offsets[row] as number);
  }

  #endOf(group: number): number {
    const row = this.#row[group] as number;
    return row < 0
      ? (this.#lists[~row] as number[]).length
      : (this.#core.offsets[row + 1] as number);
  }

  /** Marks what the groups to take read; a row that is marked already is not marked again. */
  #markTaken(): void {
    const taken = this.#taken;
    const row = taken.length === 1 ? (this.#row[taken.at(0)] as number) : noRow;
    if (row !== noRow && row === this.#markedRow) return;
    this.#markedRow = row;
    this.#marking++;
    for (let k = 0; k < taken.length; k++) {
      const group = taken.at(k);
      const inputs = this.#inputsOf(group);
      const end = this.#endOf(group);
      for (let i = this.#startOf(group); i < end; i++) {
        this.#mark[inputs[i] as number] = this.#marking;
      }
    }
  }

  /** Joins the groups; true when an input has become one that only this group reads. */
  #take(t: number): boolean {
    const taken = this.#taken;
    for (let k = 0; k < taken.length; k++) this.#absorbed[taken.at(k)] = 1;
    this.absorbedCount += taken.length;
    this.#countShape(t);
    const members = this.#first[t] as number;
    this.#first[t] = this.#first[taken.at(0)] as number;
    for (let k = 1; k < taken.length; k++) {
      this.#next[taken.at(k - 1)] = this.#first[taken.at(k)] as number;
    }
    this.#next[taken.at(taken.length - 1)] = members;
    return taken.length === 1 ? this.#extendRow(t, taken.at(0)) : this.#joinRows(t);
  }

  #countShape(t: number): void {
    let width = 0;
    for (let k = 0; k < this.#taken.length; k++) {
      this.#depth[t]! += this.#depth[this.#taken.at(k)] as number;
      width += this.#width[this.#taken.at(k)] as number;
    }
    if (width > 0) this.#width[t] = width + this.#freeLeaves(t);
  }

  /** Leaf steps of the group of `t` that read no step of the group, now that inputs were taken. */
  #freeLeaves(t: number): number {
    const { offsets, targets, program } = this.#core;
    let count = 0;
    for (let m = this.#first[t] as number; ; m = this.#next[m] as number) {
      const start = offsets[m] as number;
      const { leaves } = this.#shapes[program[m] as number] as ProgramShape;
      for (const leaf of leaves) {
        if (!leaf.some((input) => this.#feeds(targets[start + input] as number))) count++;
      }
      if (m === t) return count;
    }
  }

  /** Whether a step of a group gives the value of `source`, be it under other names. */
  #feeds(source: number): boolean {
    if (this.#absorbed[source] === 0) return false;
    if ((this.#width[source] as number) > 0) return true;
    const { offsets, targets } = this.#core;
    const stack = [source];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (this.#absorbed[next] === 0) continue;
      if ((this.#width[next] as number) > 0) return true;
      stack.push(...targets.subarray(offsets[next], offsets[next + 1]));
    }
    return false;
  }

  /** The group now reads what `only`, which it took, read, and what it read beside. */
  #extendRow(t: number, only: number): boolean {
    const left = this.#left;
    this.#markTaken();
    let freed = false;
    let list: number[] | undefined;
    for (let i = 0; i < left.length; i++) {
      const input = left.at(i);
      if (this.#mark[input] === this.#marking) {
        if (--this.#readers[input]! === 1) freed = true;
        continue;
      }
      this.#mark[input] = this.#marking;
      list ??= this.#ownList(only);
      list.push(input);
    }
    // Whatever the row has gained is marked too.
    this.#row[t] = this.#markedRow = this.#row[only] as number;
    return freed;
  }

  /** What a group reads, as a list that may grow. */
  #ownList(group: number): number[] {
    const row = this.#row[group] as number;
    if (row < 0) return this.#lists[~row] as number[];
    const { offsets, targets } = this.#core;
    const list = Array.from(targets.subarray(offsets[row], offsets[row + 1]));
    this.#row[group] = ~(this.#lists.push(list) - 1);
    return list;
  }

  /** The group now reads what any of those that it took read, and what it read beside. */
  #joinRows(t: number): boolean {
    const taken = this.#taken;
    const left = this.#left;
    const list: number[] = [];
    let freed = false;
    this.#marking++;
    for (let k = 0; k < taken.length; k++) {
      const group = taken.at(k);
      const inputs = this.#inputsOf(group);
      const end = this.#endOf(group);
      for (let i = this.#startOf(group); i < end; i++) {
        if (this.#addOnce(list, inputs[i] as number)) freed = true;
      }
    }
    for (let i = 0; i < left.length; i++) if (this.#addOnce(list, left.at(i))) freed = true;
    this.#row[t] = this.#markedRow = ~(this.#lists.push(list) - 1);
    return freed;
  }

  /** True when the input was there already and this group has become its only reader. */
  #addOnce(list: number[], input: number): boolean {
    if (this.#mark[input] === this.#marking) return --this.#readers[input]! === 1;
    this.#mark[input] = this.#marking;
    list.push(input);
    return false;
  }

  build(): GraphCore {
    const { size } = this.#core;
    const builder = new GroupBuilder(this.#core, size - this.absorbedCount);
    const members = new Int32Array(this.absorbedCount + 1);
    for (let t = 0; t < size; t++) {
      if (this.#absorbed[t] === 1) continue;
      if (this.#first[t] === t) {
        builder.single(t);
        continue;
      }
      let count = 0;
      for (let m = this.#first[t] as number; m !== t; m = this.#next[m] as number) {
        members[count++] = m;
      }
      members[count++] = t;
      builder.group(members, count);
    }
    return builder.build();
  }
}

const noRow = 0x7fffffff;

/**
 * What fusing must know of a program: how many steps, and what the steps that read no step read.
 */
interface ProgramShape {
  /**
   * Plain values, aliases and containers of inputs leave no step in a joined program: they count
   * nothing.
   */
  readonly depth: number;
  /** The inputs that each leaf step reads. */
  readonly leaves: readonly (readonly number[])[];
  /** How many leaves read no input. */
  readonly rootCount: number;
}

function shapeOf(program: Program): ProgramShape {
  const sources: StepSources[] = [];
  const leaves: (readonly number[])[] = [];
  let depth = 0;
  for (const step of program.steps) {
    const own = sourcesOf(step, sources, program);
    sources.push(own);
    if (step.fn === identity) continue;
    depth++;
    if (!own.readsStep) leaves.push([...own.inputs]);
  }
  const rootCount = leaves.filter((inputs) => inputs.length === 0).length;
  return { depth, leaves, rootCount };
}

/** What a step reads, looking through plain values, aliases and containers. */
interface StepSources {
  readonly inputs: ReadonlySet<number>;
  readonly readsStep: boolean;
}

function sourcesOf(
  { args }: Step,
  earlier: readonly StepSources[],
  { steps }: Program,
): StepSources {
  const inputs = new Set<number>();
  let readsStep = false;
  const visit = (leaf: Arg): void => {
    if (leaf.kind === "input") inputs.add(leaf.input);
    else if (leaf.kind === "inputs") {
      for (let i = 0; i < leaf.count; i++) inputs.add(leaf.start + i);
    } else if (leaf.kind === "step") {
      if (steps[leaf.step]?.fn !== identity) readsStep = true;
      else {
        const inner = earlier[leaf.step] as StepSources;
        for (const input of inner.inputs) inputs.add(input);
        if (inner.readsStep) readsStep = true;
      }
    }
  };
  for (const arg of args) forEachLeaf(arg, visit);
  return { inputs, readsStep };
}
