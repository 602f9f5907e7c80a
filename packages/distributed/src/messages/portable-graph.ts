import type { Annotations, IndexMap, Key } from "@millrace/graph";
import type { Block } from "../codec/block.ts";

/**
 * The content hash of a captured function, or the name of one that every thread has: `identity`
 * and `settle` of graph.
 */
export type FunctionName = string;

/** A captured function on its way: sent once to each peer that lacks it. */
export interface ShippedFunction {
  readonly name: FunctionName;
  readonly bytes: Uint8Array;
}

/**
 * A value of the user on its way to a task: nobody between client and task thread looks inside.
 * The block names the functions in it by their position in `functions`.
 */
export interface ShippedBlock {
  readonly block: Block;
  readonly functions: readonly FunctionName[];
}

/** What travels with a graph: small plain values as they are, all others as blocks. */
export type ShippedValue = string | number | bigint | boolean | null | undefined | ShippedBlock;

/** An argument of a step; as `Arg` of graph, with values that can travel. */
export type ShippedArg =
  | { readonly kind: "literal"; readonly value: ShippedValue }
  | { readonly kind: "constant"; readonly constant: number }
  | { readonly kind: "input"; readonly input: number }
  | {
      readonly kind: "inputs";
      readonly start: number;
      readonly count: number;
      readonly piece?: ShippedArg;
    }
  | { readonly kind: "item"; readonly of: ShippedArg; readonly index: ShippedArg }
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "array"; readonly items: readonly ShippedArg[] }
  | { readonly kind: "set"; readonly items: readonly ShippedArg[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [ShippedArg, ShippedArg])[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, ShippedArg])[] };

/** One call of a program. */
export interface ShippedStep {
  readonly fn: FunctionName;
  readonly args: readonly ShippedArg[];
}

/** A program as a worker gets it; what it calls is sent beside it. */
export interface ShippedProgram {
  readonly steps: readonly ShippedStep[];
  readonly inputCount: number;
  readonly constantCount: number;
}
