import type { Annotations, LayeredGraph } from "@millrace/graph";
import type { Field } from "../dtype.ts";
import type { Aggregate, Scalar, Typed } from "../expr/typed.ts";
import type { Output } from "../stage/stage.ts";

/** How the rows of a frame are spread over partitions, as far as it is known without looking. */
export interface Layout {
  readonly npartitions: number;
  /** Rows of each partition; undefined when data decides. */
  readonly rows: readonly number[] | undefined;
  /** The column that partitions are sorted by, one after the other. */
  readonly index: string | undefined;
  /**
   * Bounds of the index, one more than partitions: partition i holds values from bound i up to,
   * without, bound i + 1, the last one with it. Never null.
   */
  readonly divisions: readonly Scalar[] | undefined;
  /** All rows are in this order, over partitions as well. */
  readonly sortedBy: readonly SortKey[] | undefined;
  /** Rows with the same values of these columns are in one partition. */
  readonly togetherBy: readonly string[] | undefined;
}

/** One column of an order. */
export interface SortKey {
  readonly name: string;
  readonly descending: boolean;
  readonly nulls: "first" | "last";
}

/** What every node of a plan has. */
interface NodeBase {
  /** The columns that come out, in order. */
  readonly fields: readonly Field[];
  readonly layout: Layout;
  /** Equal plans have one token, in all processes. */
  readonly token: string;
}

/**
 * Files, by format. A reader gives of each partition the `columns` asked for, of the rows for
 * which `predicate` is true, at most `limit` of them.
 */
export interface Source {
  readonly format: "csv" | "parquet" | "arrow" | "json-lines";
  /** All columns that there are. */
  readonly fields: readonly Field[];
  /** What the reader needs for each partition, plain data. */
  readonly parts: readonly unknown[];
  /** What the reader needs for all, plain data. */
  readonly options: unknown;
  /** Rows of each partition where metadata tells. */
  readonly rows: readonly number[] | undefined;
  /** What people read in a plan: the patterns that were given. */
  readonly label: string;
  /** Of everything that decides what is read, versions of the files included. */
  readonly token: string;
}

/** Reads files. */
export interface ScanNode extends NodeBase {
  readonly kind: "scan";
  readonly source: Source;
  readonly columns: readonly string[];
  readonly predicate: Typed | undefined;
  readonly limit: number | undefined;
}

/** Partitions that tasks of a graph hold: the first `npartitions` blocks of a layer. */
export interface BlocksNode extends NodeBase {
  readonly kind: "blocks";
  readonly graph: LayeredGraph;
  readonly layer: string;
  readonly label: string;
}

/** Rows for which a predicate is true. */
export interface FilterNode extends NodeBase {
  readonly kind: "filter";
  readonly input: PlanNode;
  readonly predicate: Typed;
}

/** Columns made of those of the input; also chooses, drops, renames and casts. */
export interface ProjectNode extends NodeBase {
  readonly kind: "project";
  readonly input: PlanNode;
  readonly outputs: readonly Output[];
}

/** One column that an aggregation gives. */
export interface AggregateOutput {
  readonly name: string;
  readonly aggregate: Aggregate;
}

/** How partial groups come together: through a tree to one place, or dealt out by hash. */
export type AggregateMethod = "tree" | "shuffle";

/** One row a group, groups in the order of their first rows; without keys one row for all. */
export interface AggregateNode extends NodeBase {
  readonly kind: "aggregate";
  readonly input: PlanNode;
  readonly keys: readonly string[];
  readonly outputs: readonly AggregateOutput[];
  readonly splitEvery: number | undefined;
  /** Partitions that come out, `togetherBy` the keys. */
  readonly splitOut: number;
  /** Undefined until a rule has chosen. */
  readonly method: AggregateMethod | undefined;
}

/** The first row of each combination of values of `columns`, in one partition. */
export interface DistinctNode extends NodeBase {
  readonly kind: "distinct";
  readonly input: PlanNode;
  readonly columns: readonly string[];
  readonly splitEvery: number | undefined;
}

/** All rows in order, over all partitions ("all") or in each of them ("each"). */
export interface SortNode extends NodeBase {
  readonly kind: "sort";
  readonly input: PlanNode;
  readonly by: readonly SortKey[];
  readonly scope: "all" | "each";
}

/** The first `count` rows of an order, in one partition. */
export interface TopKNode extends NodeBase {
  readonly kind: "topk";
  readonly input: PlanNode;
  readonly by: readonly SortKey[];
  readonly count: number;
}

/** The first or last `count` rows, in one partition. */
export interface LimitNode extends NodeBase {
  readonly kind: "limit";
  readonly input: PlanNode;
  readonly count: number;
  readonly from: "start" | "end";
}

/** Rows of several frames of the same columns, partitions one after the other. */
export interface ConcatNode extends NodeBase {
  readonly kind: "concat";
  readonly inputs: readonly PlanNode[];
}

/** One row an item of a list; an empty list and null give one row with null. */
export interface ExplodeNode extends NodeBase {
  readonly kind: "explode";
  readonly input: PlanNode;
  readonly column: string;
}

/** Each row with a probability, the same rows for the same seed. */
export interface SampleNode extends NodeBase {
  readonly kind: "sample";
  readonly input: PlanNode;
  readonly fraction: number;
  readonly seed: number;
}

/** A function of a user over each partition, which may do anything. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly input: PlanNode;
  /** "table": gets an Arrow Table; "row": gets an object a row; "block": a step of our own. */
  readonly gets: "table" | "row" | "block";
  readonly fn: (...args: never[]) => unknown;
  /** What the function gets after its first argument and the partition's number. */
  readonly args: readonly unknown[];
  /** What a "block" function gets before `args`, worked out over all partitions first. */
  readonly whole: Whole | undefined;
}

/** Something that is known once all partitions were looked at. */
export interface Whole {
  /** From a partition and its number to what it adds. */
  readonly of: (...args: never[]) => unknown;
  /** From an array of what was added to all of it, of the same kind. */
  readonly combine: (...args: never[]) => unknown;
}

/** The same rows in the same order, cut into other partitions. */
export interface RepartitionNode extends NodeBase {
  readonly kind: "repartition";
  readonly input: PlanNode;
  readonly target: RepartitionTarget;
}

/** How partitions are to be cut. */
export type RepartitionTarget =
  | { readonly by: "npartitions"; readonly npartitions: number }
  /** Bounds of the index, as in {@link Layout}. */
  | { readonly by: "divisions"; readonly divisions: readonly Scalar[]; readonly force: boolean }
  /** Rows of each partition to be, whose sum is that of the input's known rows. */
  | { readonly by: "rows"; readonly rows: readonly number[] }
  /** For each partition to be the pieces of inputs that it joins, as measured. */
  | { readonly by: "pieces"; readonly pieces: readonly (readonly Piece[])[] };

/** Rows `start` up to, without, `end` of partition `input`. */
export type Piece = readonly [input: number, start: number, end: number];

/** Rows dealt out anew: by the hash of columns, or by where a column falls between bounds. */
export interface ShuffleNode extends NodeBase {
  readonly kind: "shuffle";
  readonly input: PlanNode;
  readonly by:
    | { readonly kind: "hash"; readonly on: readonly string[]; readonly npartitions: number }
    | { readonly kind: "range"; readonly column: string; readonly divisions: readonly Scalar[] };
}

/** Advice of `annotate` for the tasks of the node below, and of none below that. */
export interface AnnotateNode extends NodeBase {
  readonly kind: "annotate";
  readonly input: PlanNode;
  readonly annotations: Annotations;
}

/** A step of a plan: an immutable value. Equal plans are one object in a process. */
export type PlanNode =
  | ScanNode
  | BlocksNode
  | FilterNode
  | ProjectNode
  | AggregateNode
  | DistinctNode
  | SortNode
  | TopKNode
  | LimitNode
  | ConcatNode
  | ExplodeNode
  | SampleNode
  | MapNode
  | RepartitionNode
  | ShuffleNode
  | AnnotateNode;
