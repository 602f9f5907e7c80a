import { mergeAnnotations } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { IntList, dependents, topologicalOrder } from "../graph-core.ts";
import type { Arg, Program, Step } from "../program.ts";
import { forEachLeaf, identity } from "../program.ts";
import { GroupBuilder } from "./group.ts";

/** Limits of {@link fuseCore}. */
export interface FuseLimits {
  readonly maxWidth: number;
  readonly maxDepth: number;
}

/**
 * Joins tasks that only one other task reads with their reader. A reader takes all such inputs or none:
 * it takes them when at most `maxWidth` of its inputs could have been made in parallel (a fused input
 * counts as many as it has swallowed, plain values count nothing, an input that a swallowed one reads
 * anyway counts nothing) and the steps stay within `maxDepth`. Decisions go from the inputs up and depend
 * on the shape alone; afterwards nothing is left to fuse. Cost: a few array accesses a task and edge.
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
  /** How many groups read a task; requested tasks count one reader more than they have. */
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
  readonly #mark: Int32Array;
  #marking = 0;
  #markedRow = 0x7fffffff;

  constructor(core: GraphCore, wanted: readonly number[], limits: FuseLimits) {
    const { size } = core;
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
    const rows = dependents(core);
    for (let t = 0; t < size; t++) {
      this.#readers[t] = (rows.offsets[t + 1] as number) - (rows.offsets[t] as number);
    }
    for (const t of wanted) this.#readers[t]! += 2;
  }

  /** Decides what task `t` swallows; everything that it reads has been visited. */
  visit(t: number): void {
    const shape = this.#shapes[this.#core.program[t] as number] as ProgramShape;
    this.#first[t] = t;
    this.#row[t] = t;
    this.#width[t] = shape.leaves.length;
    this.#depth[t] = shape.depth;
    const { offsets, targets } = this.#core;
    const start = offsets[t] as number;
    const end = offsets[t + 1] as number;
    for (let e = start; e < end; e++) {
      if (this.#readers[targets[e] as number] === 1) {
        this.#swallow(t);
        return;
      }
    }
  }

  /** Takes the inputs that only `t` reads, then those that only the larger group reads, and so on. */
  #swallow(t: number): void {
    for (let more = true; more;) {
      const inputs = this.#inputs(t);
      const taken: number[] = [];
      const left: number[] = [];
      for (let i = 0; i < inputs.length; i++) {
        const input = inputs[i] as number;
        (this.#mayTake(t, input) ? taken : left).push(input);
      }
      if (taken.length === 0 || !this.#fits(t, taken, left)) return;
      more = this.#take(t, taken, left);
    }
  }

  #inputs(t: number): ArrayLike<number> {
    const row = this.#row[t] as number;
    if (row < 0) return this.#lists[~row] as number[];
    return this.#core.targets.subarray(this.#core.offsets[row], this.#core.offsets[row + 1]);
  }

  #mayTake(t: number, input: number): boolean {
    if (this.#readers[input] !== 1) return false;
    const { annotation, annotations } = this.#core;
    const a = annotation[t] as number;
    const b = annotation[input] as number;
    return a === b || mergeAnnotations(annotations[a], annotations[b]) !== undefined;
  }

  #fits(t: number, taken: readonly number[], left: readonly number[]): boolean {
    let depth = this.#depth[t] as number;
    let parallel = 0;
    for (const input of taken) {
      depth += this.#depth[input] as number;
      parallel += this.#width[input] as number;
    }
    if (depth > this.#limits.maxDepth || parallel > this.#limits.maxWidth) return false;
    if (left.length === 0) return true;
    this.#markInputs(taken);
    for (const input of left) {
      if (this.#mark[input] !== this.#marking && (this.#width[input] as number) > 0) parallel++;
    }
    return parallel <= this.#limits.maxWidth;
  }

  /** Marks what the groups read; a row that is marked already is not marked again. */
  #markInputs(groups: readonly number[]): void {
    const row = groups.length === 1 ? (this.#row[groups[0] as number] as number) : 0x7fffffff;
    if (row >= 0 && row !== 0x7fffffff && row === this.#markedRow) return;
    this.#markedRow = row;
    this.#marking++;
    for (const group of groups) {
      const inputs = this.#inputs(group);
      for (let i = 0; i < inputs.length; i++) this.#mark[inputs[i] as number] = this.#marking;
    }
  }

  /** Joins the groups; true when an input has become one that only this group reads. */
  #take(t: number, taken: readonly number[], left: readonly number[]): boolean {
    for (const input of taken) this.#absorbed[input] = 1;
    this.absorbedCount += taken.length;
    this.#countShape(t, taken);
    let last = -1;
    const members = this.#first[t] as number;
    this.#first[t] = this.#first[taken[0] as number] as number;
    for (const input of taken) {
      if (last >= 0) this.#next[last] = this.#first[input] as number;
      last = input;
    }
    this.#next[last] = members;
    return this.#joinInputs(t, taken, left);
  }

  #countShape(t: number, taken: readonly number[]): void {
    let width = 0;
    for (const input of taken) {
      this.#depth[t]! += this.#depth[input] as number;
      width += this.#width[input] as number;
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
    const { offsets, targets } = this.#core;
    const stack = [source];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (this.#absorbed[next] === 0) continue;
      if ((this.#width[next] as number) > 0) return true;
      stack.push(...targets.subarray(offsets[next], offsets[next + 1]));
    }
    return false;
  }

  #joinInputs(t: number, taken: readonly number[], left: readonly number[]): boolean {
    const readers = this.#readers;
    let freed = false;
    const only = taken.length === 1 ? (taken[0] as number) : -1;
    this.#markInputs(taken);
    if (only >= 0 && left.every((input) => this.#mark[input] === this.#marking)) {
      for (const input of left) if (--readers[input]! === 1) freed = true;
      this.#row[t] = this.#row[only] as number;
      return freed;
    }
    const ownList = only >= 0 && (this.#row[only] as number) < 0;
    const joined = ownList ? (this.#inputs(only) as number[]) : [];
    const mark = ++this.#marking;
    this.#markedRow = 0x7fffffff;
    const add = (input: number, isNew: boolean): void => {
      if (this.#mark[input] === mark) {
        if (--readers[input]! === 1) freed = true;
      } else {
        this.#mark[input] = mark;
        if (isNew) joined.push(input);
      }
    };
    for (const group of taken) {
      for (const input of Array.from(this.#inputs(group))) add(input, !ownList);
    }
    for (const input of left) add(input, true);
    this.#row[t] = ownList ? (this.#row[only] as number) : ~(this.#lists.push(joined) - 1);
    return freed;
  }

  build(): GraphCore {
    const builder = new GroupBuilder(this.#core);
    const members = new IntList();
    for (let t = 0; t < this.#core.size; t++) {
      if (this.#absorbed[t] === 1) continue;
      members.length = 0;
      for (let m = this.#first[t] as number; m !== t; m = this.#next[m] as number) members.push(m);
      members.push(t);
      builder.group(members.view());
    }
    return builder.build();
  }
}

/** What fusing must know of a program: how many steps, and what the steps that read no step read. */
interface ProgramShape {
  /** Plain values, aliases and containers of inputs leave no step in a joined program: they count nothing. */
  readonly depth: number;
  /** The inputs that each leaf step reads. */
  readonly leaves: readonly (readonly number[])[];
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
  return { depth, leaves };
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
