import type { Annotations } from "../annotations.ts";
import { mergeAnnotations } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { IntList, Table } from "../graph-core.ts";
import { subsetKeys } from "../key-table.ts";
import type { Program } from "../program.ts";
import type { Member } from "./assemble.ts";
import { assemble } from "./assemble.ts";

/**
 * Builds a graph whose tasks are groups of an old graph's tasks. Groups whose members have the same
 * programs, wired the same way, share one joined program, found through a trie of integers: the cost is
 * a few table look-ups a member, and one `assemble` a distinct shape.
 */
export class GroupBuilder {
  readonly #core: GraphCore;
  readonly #ids = new IntList();
  readonly #offsets = new IntList();
  readonly #targets = new IntList();
  readonly #program = new IntList();
  readonly #constantOffsets = new IntList();
  readonly #constants: unknown[] = [];
  readonly #annotation = new IntList();
  readonly #programs: Table<Program>;
  readonly #annotations: Table<Annotations | undefined>;
  readonly #shapes = new Trie();
  /** The group that last saw a task, and as which member (negative) or input (positive). */
  readonly #seenBy: Int32Array;
  readonly #seenAs: Int32Array;

  constructor(core: GraphCore) {
    this.#core = core;
    this.#programs = new Table(core.programs);
    this.#annotations = new Table(core.annotations);
    this.#seenBy = new Int32Array(core.size).fill(-1);
    this.#seenAs = new Int32Array(core.size);
  }

  /** Adds one group; `members` are old tasks, each after the members it reads, the last one its head. */
  group(members: ArrayLike<number>): void {
    const core = this.#core;
    const count = members.length;
    const head = members[count - 1] as number;
    this.#ids.push(head);
    this.#offsets.push(this.#targets.length);
    this.#constantOffsets.push(this.#constants.length);
    let shape = 0;
    for (let m = 0; m < count; m++) {
      const t = members[m] as number;
      shape = this.#member(t, m, head, count > 1 ? shape : -1);
      const lastConstant = core.constantOffsets[t + 1] as number;
      for (let c = core.constantOffsets[t] as number; c < lastConstant; c++) {
        this.#constants.push(core.constants[c]);
      }
    }
    this.#program.push(count > 1 ? this.#joined(shape, members) : (core.program[head] as number));
    this.#annotation.push(this.#mergedAnnotation(members, count));
  }

  /** Numbers a member's inputs and walks one edge of the trie for each; `shape` -1 walks none. */
  #member(t: number, m: number, head: number, shape: number): number {
    const { offsets, targets, program } = this.#core;
    const seenBy = this.#seenBy;
    const seenAs = this.#seenAs;
    const first = this.#offsets.at(this.#offsets.length - 1);
    let node = shape < 0 ? shape : this.#shapes.next(shape, program[t] as number);
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      const input = targets[e] as number;
      if (seenBy[input] !== head) {
        seenBy[input] = head;
        seenAs[input] = this.#targets.length - first;
        this.#targets.push(input);
      }
      if (node >= 0) node = this.#shapes.next(node, seenAs[input] as number);
    }
    seenBy[t] = head;
    seenAs[t] = ~m;
    return node;
  }

  #joined(shape: number, members: ArrayLike<number>): number {
    const known = this.#shapes.valueAt(shape);
    if (known >= 0) return known;
    const { offsets, targets, program, programs } = this.#core;
    const list = Array.from(members, (t): Member => {
      const sources = targets.slice(offsets[t], offsets[t + 1]);
      for (let i = 0; i < sources.length; i++)
        sources[i] = this.#seenAs[sources[i] as number] as number;
      return { program: programs[program[t] as number] as Program, sources };
    });
    const number = this.#programs.add(assemble(list));
    this.#shapes.setValue(shape, number);
    return number;
  }

  #mergedAnnotation(members: ArrayLike<number>, count: number): number {
    const { annotation, annotations } = this.#core;
    const first = annotation[members[0] as number] as number;
    let number = first;
    for (let m = 1; m < count; m++) {
      const other = annotation[members[m] as number] as number;
      if (other === number) continue;
      const both = mergeAnnotations(this.#annotations.entries[number], annotations[other]);
      number = this.#annotations.add(both?.merged);
    }
    return number;
  }

  /** The new graph: inputs that were members of other groups are those groups' heads already. */
  build(): GraphCore {
    const core = this.#core;
    const ids = this.#ids.view().slice();
    const numbers = new Int32Array(core.size);
    for (let g = 0; g < ids.length; g++) numbers[ids[g] as number] = g;
    const targets = this.#targets.view();
    for (let e = 0; e < targets.length; e++) targets[e] = numbers[targets[e] as number] as number;
    this.#offsets.push(targets.length);
    this.#constantOffsets.push(this.#constants.length);
    return {
      size: ids.length,
      keys: subsetKeys(core.keys, ids),
      offsets: this.#offsets.view(),
      targets,
      program: this.#program.view(),
      programs: this.#programs.entries,
      constantOffsets: this.#constantOffsets.view(),
      constants: this.#constants,
      annotation: this.#annotation.view(),
      annotations: this.#annotations.entries,
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
