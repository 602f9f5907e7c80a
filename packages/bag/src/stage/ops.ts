/** Any callback of a user; sync or async. */
export type Callback = (...args: never[]) => unknown;

/**
 * One operation of a stage: a source may come first, a terminal last, between them element by
 * element.
 */
export type StageOp = SourceOp | ElementOp | TerminalOp;

/** Where elements come from when it is not an array of them: always the first operation. */
export type SourceOp =
  /** The block is a partition number; the elements are its part of 0 … length-1. */
  | { readonly kind: "range"; readonly length: number; readonly npartitions: number }
  /** The block describes something that `open` turns into arrays of elements, one after another. */
  | { readonly kind: "chunks"; readonly open: (block: never) => AsyncIterable<readonly unknown[]> };

/**
 * `extra` counts the broadcast values that a callback gets after the element; they follow the
 * stage's own arguments in the order of the operations.
 */
export type ElementOp =
  | { readonly kind: "map"; readonly fn: Callback; readonly extra: number }
  | {
      readonly kind: "filter";
      readonly fn: Callback;
      readonly extra: number;
      readonly keep: boolean;
    }
  | { readonly kind: "flatMap"; readonly fn: Callback; readonly extra: number }
  | { readonly kind: "flatten" }
  | { readonly kind: "starmap"; readonly fn: Callback }
  | {
      readonly kind: "pluck";
      readonly key: PluckKey;
      readonly fallback: unknown;
      readonly hasFallback: boolean;
    }
  /**
   * Keeps each element with a probability; its one broadcast value is the number of the
   * partition.
   */
  | { readonly kind: "sample"; readonly probability: number; readonly seed: number };

/** What becomes of the elements when it is not an array of them: always the last operation. */
export type TerminalOp =
  | { readonly kind: "count" }
  | { readonly kind: "sum" }
  | { readonly kind: "mean" }
  | { readonly kind: "moments"; readonly api: string }
  | { readonly kind: "extreme"; readonly want: "min" | "max" }
  | { readonly kind: "frequencies" }
  /** An array of pairs of key and element. */
  | { readonly kind: "keyed"; readonly key: KeyOf }
  | { readonly kind: "distinct"; readonly key: KeyOf | undefined }
  | { readonly kind: "topk"; readonly k: number; readonly key: KeyOf | undefined }
  | { readonly kind: "some"; readonly test: Callback | undefined; readonly want: boolean }
  | { readonly kind: "take"; readonly k: number }
  | { readonly kind: "fold"; readonly fn: Callback; readonly initial: Initial }
  | {
      readonly kind: "foldBy";
      readonly key: KeyOf;
      readonly fn: Callback;
      readonly initial: Initial;
    };

/** How an element gets its key: by a callback, or as a property of it; `api` is for messages. */
export type KeyOf = Callback | { readonly api: string; readonly name: PropertyKey };

/**
 * The terminals that look into objects, to tell or to copy them. They need what tokenizes
 * functions, which other threads do without.
 */
export type StructuralOp = Extract<TerminalOp, { kind: (typeof structuralKinds)[number] }>;

const structuralKinds = ["frequencies", "distinct", "fold", "foldBy"] as const;

/** Whether a stage ends in a {@link StructuralOp}. */
export function isStructural(op: StageOp | undefined): op is StructuralOp {
  return (structuralKinds as readonly (string | undefined)[]).includes(op?.kind);
}

/** An initial value, if one was given. */
export type Initial = { readonly value: unknown } | undefined;

/** A property, an index, or several of them. */
export type PluckKey = PropertyKey | readonly PropertyKey[];

/** How many broadcast values an operation takes. */
export function extraOf(op: ElementOp): number {
  switch (op.kind) {
    case "map":
    case "filter":
    case "flatMap":
      return op.extra;
    case "sample":
      return 1;
    case "flatten":
    case "starmap":
    case "pluck":
      return 0;
  }
}

/** A stage taken apart. */
export interface StageParts {
  readonly source: SourceOp | undefined;
  readonly ops: readonly ElementOp[];
  readonly terminal: TerminalOp | undefined;
}

/** Takes a stage apart. */
export function partsOf(stage: readonly StageOp[]): StageParts {
  const parts = {
    source: undefined as SourceOp | undefined,
    ops: [] as ElementOp[],
    terminal: undefined as TerminalOp | undefined,
  };
  for (const op of stage) {
    switch (op.kind) {
      case "range":
      case "chunks":
        parts.source = op;
        break;
      case "map":
      case "filter":
      case "flatMap":
      case "flatten":
      case "starmap":
      case "pluck":
      case "sample":
        parts.ops.push(op);
        break;
      case "count":
      case "sum":
      case "mean":
      case "moments":
      case "extreme":
      case "frequencies":
      case "keyed":
      case "distinct":
      case "topk":
      case "some":
      case "take":
      case "fold":
      case "foldBy":
        parts.terminal = op;
        break;
    }
  }
  return parts;
}
