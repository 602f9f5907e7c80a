import type { BlockInput, Layer } from "@millrace/graph";

/** The first byte of a header: what is in the block, and the version of how it is written. */
export const Form = { graph: 1, programs: 2, values: 3, plainValues: 4 } as const;

/** One of {@link Form}. */
export type FormCode = (typeof Form)[keyof typeof Form];

/** What a value is that is no plain one. */
export const ObjectCode = { shipped: 0, made: 1, held: 2 } as const;

/** Parts of a shipped value from so many bytes on are buffers of the block, which nobody copies. */
export const PART_BYTES_MIN = 4_096;

/** What an argument of a step is; the other digits of the number say which, or how many. */
export const ArgCode = {
  literal: 0,
  constant: 1,
  input: 2,
  inputs: 3,
  pieces: 4,
  step: 5,
  array: 6,
  set: 7,
  map: 8,
  object: 9,
  bareObject: 10,
} as const;

/** By this the number of an argument is multiplied before its code is added. */
export const ARG_SCALE = 16;

/** Arguments in arguments, at most: what `task` takes, and what recursion stands. */
export const ARG_LEVELS_MAX = 1_002;

/** How a key is written; greater numbers are the way from the known key named last to another. */
export const KeyCode = { text: 0, next: 1, block: 2, known: 3 } as const;

/**
 * Names up to this length are named by number in the keys of their blocks. A number and a few bytes
 * become a text of this length, so longer ones would make much of little.
 */
export const BLOCK_NAME_MAX = 100;

/** Digits of the number of a block, at most. */
export const BLOCK_DIGITS_MAX = 10;

/** Codes of the programs of entries; from `known` on they count the programs given before. */
export const ProgramCode = { same: 0, fresh: 1, known: 2 } as const;

/** What is said of a layer beside its kind. */
export const LayerFlag = { token: 4, annotations: 8, standsFor: 16 } as const;

/** What is said of a program beside its number of inputs. */
export const ProgramFlag = { constants: 1, steps: 2 } as const;
/** By this the number of inputs is multiplied before the flags are added. */
export const PROGRAM_SCALE = 4;

/** What each byte of a block may become at most, in characters, with some for small ones. */
export const CHARACTERS_PER_BYTE = 128;
/** See {@link CHARACTERS_PER_BYTE}. */
export const CHARACTERS_MIN = 65_536;

/** The kinds of layers; a new one has no code, and does not compile, before it is written too. */
export const layerCodes: Readonly<Record<Layer["kind"], number>> = {
  materialized: 0,
  blockwise: 1,
  "tree-reduce": 2,
  shuffle: 3,
};

/** The kinds of inputs of a blockwise layer. */
export const blockInputCodes: Readonly<Record<BlockInput["kind"], number>> = {
  block: 0,
  blocks: 1,
  key: 2,
  index: 3,
  values: 4,
};

/** What is said of an index map; `given` and `negative` are moved by the place of the part. */
export const IndexPart = { there: 1, given: 2, negative: 32, all: 511 } as const;
