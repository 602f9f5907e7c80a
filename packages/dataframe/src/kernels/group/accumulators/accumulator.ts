import type { Column } from "../../../column.ts";
import type { Rows } from "../../row-loop.ts";

/** What an aggregate keeps of each group. Groups are numbers from 0; new ones begin empty. */
export interface Accumulator {
  /** How many columns its partial results take. */
  readonly width: number;
  /**
   * Takes the argument of `n` rows, `selection[k]` or k, which are of the groups `groups[k]`; there
   * are `count` groups by now.
   */
  add(arg: Column | undefined, selection: Rows, n: number, groups: Int32Array, count: number): void;
  /** Partial results of `count` groups. */
  state(count: number): Column[];
  /** Takes partial results of others, row k for group `groups[k]`, as if their rows came next. */
  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void;
  /** What was asked for, of `count` groups. */
  result(count: number): Column;
}
