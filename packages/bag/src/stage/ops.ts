/** Any callback of a user; sync or async. */
export type Callback = (...args: never[]) => unknown;

/**
 * One operation of a stage. `extra` counts the broadcast values that its callback gets after the element;
 * they follow the stage's own arguments in the order of the operations.
 */
export type StageOp =
  | SourceOp
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
  /** Keeps each element with a probability; its one broadcast value is the number of the partition. */
  | { readonly kind: "sample"; readonly probability: number; readonly seed: number }
  | TerminalOp;

/** Where elements come from when it is not an array of them: always the first operation. */
export type SourceOp =
  /** The block is a partition number; the elements are its part of 0 … length-1. */
  | { readonly kind: "range"; readonly length: number; readonly npartitions: number }
  /** The block describes something that `open` turns into arrays of elements, one after another. */
  | {
      readonly kind: "chunks";
      readonly open: (
        block: never,
      ) => Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>;
    };

/** What becomes of the elements when it is not an array of them: always the last operation. */
export type TerminalOp =
  | { readonly kind: "count" }
  | { readonly kind: "sum" }
  | { readonly kind: "extreme"; readonly want: "min" | "max" }
  | { readonly kind: "moments" }
  | { readonly kind: "frequencies" }
  | { readonly kind: "distinct"; readonly fn: Callback | undefined }
  | { readonly kind: "topk"; readonly k: number; readonly fn: Callback | undefined }
  | { readonly kind: "some"; readonly fn: Callback | undefined; readonly want: boolean }
  | { readonly kind: "take"; readonly k: number }
  | { readonly kind: "fold"; readonly fn: Callback; readonly initial: Initial }
  | {
      readonly kind: "foldBy";
      readonly key: Callback;
      readonly fn: Callback;
      readonly initial: Initial;
    };

/** An initial value, if one was given. */
export type Initial = { readonly value: unknown } | undefined;

/** A property, an index, or several of them. */
export type PluckKey = PropertyKey | readonly PropertyKey[];

/** How many broadcast values an operation takes. */
export function extraOf(op: StageOp): number {
  if (op.kind === "sample") return 1;
  return op.kind === "map" || op.kind === "filter" || op.kind === "flatMap" ? op.extra : 0;
}

const terminals: ReadonlySet<StageOp["kind"]> = new Set<TerminalOp["kind"]>([
  "count",
  "sum",
  "extreme",
  "moments",
  "frequencies",
  "distinct",
  "topk",
  "some",
  "take",
  "fold",
  "foldBy",
]);

/** The operation that makes one value of the elements, if the stage has one. */
export function terminalOf(ops: readonly StageOp[]): TerminalOp | undefined {
  const last = ops.at(-1);
  return last !== undefined && terminals.has(last.kind) ? (last as TerminalOp) : undefined;
}

/** The operations between source and terminal. */
export type ElementOp = Exclude<StageOp, SourceOp | TerminalOp>;

/** Where the elements come from, if not from an array. */
export function sourceOf(ops: readonly StageOp[]): SourceOp | undefined {
  const first = ops[0];
  return first?.kind === "range" || first?.kind === "chunks" ? first : undefined;
}

/** The operations between source and terminal. */
export function elementOps(ops: readonly StageOp[]): readonly ElementOp[] {
  const start = sourceOf(ops) === undefined ? 0 : 1;
  const end = terminalOf(ops) === undefined ? ops.length : ops.length - 1;
  return ops.slice(start, end) as readonly ElementOp[];
}
