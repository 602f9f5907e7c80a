import type { RunDefaults } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { IntList, topologicalOrder } from "../graph-core.ts";
import { Advice, indifferent } from "./advice.ts";
import { GroupBuilder } from "./group.ts";
import { GroupInputs } from "./group-inputs.ts";
import { GroupLeaves } from "./group-leaves.ts";
import type { ProgramShape } from "./program-shape.ts";
import { shapeOf } from "./program-shape.ts";

/** Limits of {@link fuseCore}. */
export interface FuseLimits {
  readonly maxWidth: number;
  readonly maxDepth: number;
  /** What tasks get in the run that say nothing; undefined where no run is known. */
  readonly defaults?: RunDefaults | undefined;
}

/**
 * Joins tasks that only one other task reads with their reader. A reader takes all such inputs or
 * none: it takes them when at most `maxWidth` of its inputs could have been made in parallel (a
 * fused input counts as many as it has swallowed, plain values count nothing, an input that a
 * swallowed one reads anyway counts nothing) and the steps stay within `maxDepth`. Decisions go
 * from the inputs up and depend on the shape alone; afterwards nothing is left to fuse. Cost: a
 * few array accesses a task and edge; where big groups are joined, a logarithm more.
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
  readonly #advice: Advice;
  /** Groups of two classes stay apart; empty where no task says anything. */
  readonly #class: Int32Array;
  /** How many groups read a task; requested tasks count two readers more than they have. */
  readonly #readers: Int32Array;
  readonly #absorbed: Uint8Array;
  /** Members of a group are linked from `first[head]` over `next` to the head. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #width: Int32Array;
  readonly #depth: Int32Array;
  /** 1 where a group has refused inputs that are too many in any company: it takes no more. */
  readonly #closed: Uint8Array;
  /** Inputs that a group has refused for what else it reads. */
  readonly #refused = new Map<number, number[]>();
  readonly #shapes: readonly ProgramShape[];
  readonly #inputs: GroupInputs;
  readonly #leaves: GroupLeaves;
  /** What the group at hand may take, and what it would be with that. */
  readonly #taken = new IntList();
  #joinedDepth = 0;
  #parallel = 0;
  #joinedClass = 0;
  /** What only the group at hand reads, since it took something. */
  #freed = new IntList();

  constructor(core: GraphCore, wanted: readonly number[], limits: FuseLimits) {
    const { size, targets } = core;
    this.#core = core;
    this.#limits = limits;
    this.#advice = new Advice(core, limits.defaults);
    this.#shapes = core.programs.map(shapeOf);
    this.#class = new Int32Array(this.#advice.isSilent ? 0 : size);
    this.#readers = new Int32Array(size);
    this.#absorbed = new Uint8Array(size);
    this.#first = new Int32Array(size);
    this.#next = new Int32Array(size);
    this.#width = new Int32Array(size);
    this.#depth = new Int32Array(size);
    this.#closed = new Uint8Array(size);
    this.#inputs = new GroupInputs(core, this.#readers, this.#absorbed);
    this.#leaves = new GroupLeaves(core, this.#shapes, this.#absorbed, this.#width);
    for (let e = 0; e < targets.length; e++) this.#readers[targets[e] as number]!++;
    for (const t of wanted) this.#readers[t]! += 2;
  }

  /** Decides what task `t` swallows; everything that it reads has been visited. */
  visit(t: number): void {
    const { offsets, targets, program } = this.#core;
    const { leaves, depth, rootCount } = this.#shapes[program[t] as number] as ProgramShape;
    this.#first[t] = t;
    this.#width[t] = leaves.length;
    this.#depth[t] = depth;
    if (!this.#advice.isSilent) this.#class[t] = this.#advice.classOf(t);
    const start = offsets[t] as number;
    const end = offsets[t + 1] as number;
    if (end === start + 1) {
      this.#follow(t, targets[start] as number, rootCount);
      return;
    }
    this.#begin(t);
    for (let e = start; e < end; e++) {
      const input = targets[e] as number;
      if (this.#readers[input] === 1 && !this.#offer(t, input)) return;
    }
    const count = this.#taken.length;
    if (count === 0 || !this.#hasRoom(t, end - start - count)) return;
    this.#take(t);
    this.#freed.length = 0;
    this.#inputs.join(t, this.#taken, end - start - count, this.#freed);
    if (this.#parallel > 0) this.#width[t] = this.#parallel + this.#leaves.countOpen(t);
    while (this.#freed.length > 0 && this.#takeFreed(t));
  }

  /** A link of a chain: what the others do where `input` is all that `t` reads. */
  #follow(t: number, input: number, rootCount: number): void {
    if (this.#readers[input] !== 1) return;
    const { maxWidth, maxDepth } = this.#limits;
    const width = this.#width[input] as number;
    const depth = (this.#depth[t] as number) + (this.#depth[input] as number);
    const { isSilent } = this.#advice;
    const joined = isSilent ? 0 : joinedClass(this.#class[t]!, this.#class[input]!);
    if (joined === apart) return;
    if (width > maxWidth || depth > maxDepth) {
      this.#closed[t] = 1;
      return;
    }
    if (!isSilent) this.#class[t] = joined;
    this.#absorbed[input] = 1;
    this.absorbedCount++;
    this.#depth[t] = depth;
    if (width > 0) this.#width[t] = width + rootCount;
    this.#first[t] = this.#first[input] as number;
    this.#next[input] = t;
    this.#closed[t] = this.#closed[input] as number;
    if (this.#refused.size > 0) this.#inherit(t, input);
    this.#inputs.pass(input, t);
  }

  #begin(t: number): void {
    this.#taken.length = 0;
    this.#joinedDepth = this.#depth[t] as number;
    this.#parallel = 0;
    if (!this.#advice.isSilent) this.#joinedClass = this.#class[t] as number;
  }

  /** Adds an input to what is to be taken, if it may be; false when that is too much. */
  #offer(t: number, input: number): boolean {
    if (!this.#advice.isSilent) {
      const joined = joinedClass(this.#joinedClass, this.#class[input] as number);
      if (joined === apart) return true;
      this.#joinedClass = joined;
    }
    this.#taken.push(input);
    this.#joinedDepth += this.#depth[input] as number;
    this.#parallel += this.#width[input] as number;
    const { maxDepth, maxWidth } = this.#limits;
    if (this.#joinedDepth <= maxDepth && this.#parallel <= maxWidth) return true;
    this.#closed[t] = 1;
    return false;
  }

  /** Whether what is left, as far as nothing to be taken reads it, keeps within the width too. */
  #hasRoom(t: number, left: number): boolean {
    const room = this.#limits.maxWidth - this.#parallel;
    if (left <= room) return true;
    this.#inputs.mark(this.#taken);
    if (this.#inputs.hasAtMost(t, room, this.#width)) return true;
    this.#refused.set(t, Array.from(this.#taken.toArray()));
    return false;
  }

  /** Makes what is to be taken part of the group. */
  #take(t: number): void {
    const taken = this.#taken;
    const rest = this.#first[t] as number;
    let last = -1;
    for (let k = 0; k < taken.length; k++) {
      const input = taken.at(k);
      if (last < 0) this.#first[t] = this.#first[input] as number;
      else this.#next[last] = this.#first[input] as number;
      last = input;
      this.#absorbed[input] = 1;
      if (this.#closed[input] === 1) this.#closed[t] = 1;
      if (this.#refused.size > 0) this.#inherit(t, input);
    }
    this.#next[last] = rest;
    this.absorbedCount += taken.length;
    this.#depth[t] = this.#joinedDepth;
    if (!this.#advice.isSilent) this.#class[t] = this.#joinedClass;
  }

  /** What a part has refused the group may take, in other company. */
  #inherit(t: number, part: number): void {
    const more = this.#refused.get(part);
    if (more === undefined) return;
    this.#refused.delete(part);
    const own = this.#refused.get(t) ?? [];
    const [long, short] = own.length > more.length ? [own, more] : [more, own];
    for (const input of short) long.push(input);
    this.#refused.set(t, long);
  }

  /** Takes what nobody else reads any more, with what the group has refused before. */
  #takeFreed(t: number): boolean {
    if (this.#closed[t] === 1) return false;
    const freed = this.#freed;
    this.#begin(t);
    for (const input of this.#refused.get(t) ?? []) if (!this.#offer(t, input)) return false;
    for (let i = 0; i < freed.length; i++) if (!this.#offer(t, freed.at(i))) return false;
    const count = this.#taken.length;
    const left = this.#inputs.count(t) - count;
    if (count === 0 || !this.#hasRoom(t, left)) return false;
    this.#refused.delete(t);
    let open = this.#width[t] as number;
    for (let k = 0; k < count; k++) {
      const input = this.#taken.at(k);
      if ((this.#width[input] as number) > 0) open -= this.#leaves.feed(input);
    }
    this.#take(t);
    freed.length = 0;
    this.#inputs.join(t, this.#taken, left, freed);
    if (this.#parallel > 0) this.#width[t] = this.#parallel + open;
    return true;
  }

  build(): GraphCore {
    const { size } = this.#core;
    const builder = new GroupBuilder(this.#core, size - this.absorbedCount, this.#advice);
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

const apart = -2;

/** The class of a group with one more part. */
function joinedClass(group: number, part: number): number {
  if (group === indifferent) return part;
  return part === indifferent || part === group ? group : apart;
}
