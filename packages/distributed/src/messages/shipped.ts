import type { Arg } from "@millrace/graph";
import type { Block } from "../codec/block.ts";

/**
 * The content hash of a captured function, or the name of one of graph's own functions, which every
 * thread has.
 */
export type FunctionName = string;

/** A captured function on its way; sent once to each peer that lacks it. */
export interface ShippedFunction {
  readonly name: FunctionName;
  readonly bytes: Uint8Array;
}

/** A program on its way: as `Program` of graph, its functions named, its values shipped. */
export interface ShippedProgram {
  readonly steps: readonly { readonly fn: FunctionName; readonly args: readonly Arg[] }[];
  readonly inputCount: number;
  readonly constantCount: number;
}

/**
 * A value on its way to a task, as a block: nobody between the client and the task thread looks
 * inside. Small plain values travel as they are.
 */
export class ShippedValue {
  readonly block: Block;
  /** Functions inside the block, which names them by their position here. */
  readonly functions: readonly FunctionName[];
  /** Values with one token are equal: programs that differ in nothing are one. */
  readonly token: string;
  /** The block holds no more than a function, and what that returns is meant. */
  readonly isMade: boolean;

  constructor(
    block: Block,
    functions: readonly FunctionName[],
    token: string,
    isMade: boolean = false,
  ) {
    this.block = block;
    this.functions = functions;
    this.token = token;
    this.isMade = isMade;
  }
}

/**
 * In a graph, the value of a task that stands for output `output` of an earlier run of the same
 * client, which the scheduler still holds.
 */
export class HeldOutput {
  readonly run: number;
  readonly output: number;

  constructor(run: number, output: number) {
    this.run = run;
    this.output = output;
  }
}
