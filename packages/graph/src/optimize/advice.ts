import type { Annotations, RunDefaults } from "../annotations.ts";
import { fusibility, fuseAnnotations } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { Table } from "../graph-core.ts";
import type { Program } from "../program.ts";
import { identity } from "../program.ts";

/** In the place of a class: the task does no work and asks for nothing. */
export const indifferent = -1;

/** Which tasks of a graph may become one as far as annotations go, and what then holds. */
export class Advice {
  readonly #core: GraphCore;
  readonly #defaults: RunDefaults | undefined;
  readonly #table: Table<Annotations | undefined>;
  /** Annotations whose tasks may be fused have one number. */
  readonly #classes: readonly number[];
  readonly #isIdle: readonly boolean[];
  readonly #joined = new Map<number, number>();
  /** No task of the graph says anything. */
  readonly isSilent: boolean;

  constructor(core: GraphCore, defaults: RunDefaults | undefined) {
    const numbers = new Table<string>();
    this.#core = core;
    this.#defaults = defaults;
    this.#table = new Table(core.annotations);
    this.#classes = core.annotations.map((entry) => numbers.add(fusibility(entry, defaults)));
    this.#isIdle = core.programs.map(isIdle);
    this.isSilent = core.annotations.length === 1;
  }

  /** Tasks of one class may become one; an indifferent task may become part of any. */
  classOf(t: number): number {
    return this.#isIndifferent(t)
      ? indifferent
      : this.classOfAnnotation(this.#core.annotation[t] as number);
  }

  /** The class of tasks that do work and have this annotation. */
  classOfAnnotation(annotation: number): number {
    return this.#classes[annotation] as number;
  }

  #isIndifferent(t: number): boolean {
    const { annotation, program } = this.#core;
    return annotation[t] === 0 && this.#isIdle[program[t] as number] === true;
  }

  /** The number of what holds for a group once task `t` is part of it; -1 is an empty group. */
  join(known: number, t: number): number {
    const own = this.#core.annotation[t] as number;
    if (known === own || this.#isIndifferent(t)) return known;
    if (known < 0) return own;
    const pair = known * 2 ** 26 + own;
    let number = this.#joined.get(pair);
    if (number === undefined) {
      const { entries } = this.#table;
      number = this.#table.add(
        fuseAnnotations(entries[known], entries[own], this.#defaults)?.merged,
      );
      this.#joined.set(pair, number);
    }
    return number;
  }

  /** All annotations by number, those that came about by joining at the end. */
  get entries(): readonly (Annotations | undefined)[] {
    return this.#table.entries;
  }
}

/** Whether a program does no work: a plain value, another name for one, or a container. */
export function isIdle({ steps }: Program): boolean {
  return steps.every(({ fn }) => fn === identity);
}
