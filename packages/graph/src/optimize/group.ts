import type { GraphCore } from "../graph-core.ts";
import { IntList } from "../graph-core.ts";
import { subsetKeys } from "../key-table.ts";
import type { Program } from "../program.ts";
import type { Advice } from "./advice.ts";
import type { Member } from "./assemble.ts";
import { assemble } from "./assemble.ts";

/**
 * Builds a graph whose tasks are groups of an old graph's tasks. Groups whose members have the
 * same programs, wired the same way, share one joined program, found through a trie of integers:
 * the cost is a few table look-ups a member, and one `assemble` a distinct shape.
 */
export class GroupBuilder {
  readonly #core: GraphCore;
  #size = 0;
  readonly #ids: Int32Array;
  readonly #offsets: Int32Array;
  readonly #targets: IntList;
  readonly #program: Int32Array;
  readonly #constantOffsets: Int32Array;
  readonly #constants: unknown[] = [];
  readonly #annotation: Int32Array;
  readonly #programs: Program[];
  readonly #advice: Advice;
  readonly #shapes = new Trie();
  /** The group that last saw a task, and as which member (negative) or input (positive). */
  readonly #seenBy: Int32Array;
  readonly #seenAs: Int32Array;
  /** The group that a task is the head of. */
  readonly #numbers: Int32Array;

  /** `size` is how many groups will come. */
  constructor(core: GraphCore, size: number, advice: Advice) {
    this.#core = core;
    this.#ids = new Int32Array(size);
    this.#offsets = new Int32Array(size + 1);
    this.#targets = new IntList(core.targets.length);
    this.#program = new Int32Array(size);
    this.#constantOffsets = new Int32Array(size + 1);
    this.#annotation = new Int32Array(size);
    this.#programs = [...core.programs];
    this.#advice = advice;
    this.#seenBy = new Int32Array(core.size).fill(-1);
    this.#seenAs = new Int32Array(core.size);
    this.#numbers = new Int32Array(core.size).fill(-1);
  }

  /** Adds a group of one task. */
  single(t: number): void {
    const { offsets, targets, program, annotation } = this.#core;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) this.#targets.push(targets[e] as number);
    this.#copyConstants(t);
    this.#close(t, program[t] as number, annotation[t] as number);
  }

  /**
   * Adds a group of the first `count` of `members`: old tasks, each after the members that it
   * reads, the last one the head of the group.
   */
  group(members: Int32Array, count: number): void {
    const head = members[count - 1] as number;
    const advice = this.#advice;
    let shape = 0;
    let annotation = advice.isSilent ? 0 : -1;
    for (let m = 0; m < count; m++) {
      const t = members[m] as number;
      shape = this.#member(t, m, head, shape);
      this.#copyConstants(t);
      if (!advice.isSilent) annotation = advice.join(annotation, t);
    }
    this.#close(head, this.#joined(shape, members, count), Math.max(0, annotation));
  }

  /** Ends the group whose inputs and constants have been added. */
  #close(head: number, program: number, annotation: number): void {
    const group = this.#size++;
    this.#numbers[head] = group;
    this.#ids[group] = head;
    this.#program[group] = program;
    this.#annotation[group] = annotation;
    this.#offsets[group + 1] = this.#targets.length;
    this.#constantOffsets[group + 1] = this.#constants.length;
  }

  #copyConstants(t: number): void {
    const { constants, constantOffsets } = this.#core;
    const end = constantOffsets[t + 1] as number;
    for (let c = constantOffsets[t] as number; c < end; c++) this.#constants.push(constants[c]);
  }

  /**
   * Numbers a member's inputs and walks one edge of the trie for its program and for each input.
   */
  #member(t: number, m: number, head: number, shape: number): number {
    const { offsets, targets, program } = this.#core;
    const seenBy = this.#seenBy;
    const seenAs = this.#seenAs;
    const first = this.#offsets[this.#size] as number;
    let node = this.#shapes.next(shape, program[t] as number);
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      const input = targets[e] as number;
      if (seenBy[input] !== head) {
        seenBy[input] = head;
        seenAs[input] = this.#targets.length - first;
        this.#targets.push(input);
      }
      node = this.#shapes.next(node, seenAs[input] as number);
    }
    seenBy[t] = head;
    seenAs[t] = ~m;
    return node;
  }

  #joined(shape: number, members: Int32Array, count: number): number {
    const known = this.#shapes.valueAt(shape);
    if (known >= 0) return known;
    const { offsets, targets, program, programs } = this.#core;
    const list: Member[] = [];
    for (let m = 0; m < count; m++) {
      const t = members[m] as number;
      const start = offsets[t] as number;
      const sources = new Array<number>((offsets[t + 1] as number) - start);
      for (let i = 0; i < sources.length; i++) {
        sources[i] = this.#seenAs[targets[start + i] as number] as number;
      }
      list.push({ program: programs[program[t] as number] as Program, sources });
    }
    const number = this.#programs.push(assemble(list)) - 1;
    this.#shapes.setValue(shape, number);
    return number;
  }

  /** The group that `t` is the head of, or -1. */
  numberOf(t: number): number {
    return this.#numbers[t] as number;
  }

  /** The new graph: inputs that were members of other groups are those groups' heads already. */
  build(): GraphCore {
    const core = this.#core;
    const targets = this.#targets.toArray();
    for (let e = 0; e < targets.length; e++) targets[e] = this.numberOf(targets[e] as number);
    return {
      size: this.#size,
      keys: subsetKeys(core.keys, this.#ids),
      offsets: this.#offsets,
      targets,
      program: this.#program,
      programs: this.#programs,
      constantOffsets: this.#constantOffsets,
      constants: this.#constants,
      annotation: this.#annotation,
      annotations: this.#advice.entries,
    };
  }
}

/** Finds a number for a sequence of integers: one node a distinct prefix, edges in a hash table. */
class Trie {
  #mask = 1023;
  #slots = new Int32Array(1024).fill(-1);
  readonly #parents = new IntList();
  readonly #labels = new IntList();
  readonly #values: number[] = [-1];

  constructor() {
    this.#parents.push(-1);
    this.#labels.push(0);
  }

  /** The node behind the edge `label` of `parent`. */
  next(parent: number, label: number): number {
    let slot = hashPair(parent, label) & this.#mask;
    for (;;) {
      const node = this.#slots[slot] as number;
      if (node < 0) break;
      if (this.#parents.at(node) === parent && this.#labels.at(node) === label) return node;
      slot = (slot + 1) & this.#mask;
    }
    const node = this.#parents.length;
    this.#slots[slot] = node;
    this.#parents.push(parent);
    this.#labels.push(label);
    this.#values.push(-1);
    if (node * 2 > this.#mask) this.#grow();
    return node;
  }

  valueAt(node: number): number {
    return this.#values[node] as number;
  }

  setValue(node: number, value: number): void {
    this.#values[node] = value;
  }

  #grow(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1).fill(-1);
    for (let node = 1; node < this.#parents.length; node++) {
      let slot = hashPair(this.#parents.at(node), this.#labels.at(node)) & this.#mask;
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = node;
    }
  }
}

function hashPair(a: number, b: number): number {
  const mixed = Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
