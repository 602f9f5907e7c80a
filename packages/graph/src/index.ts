import { registerImmutableCodec } from "./immutable-codec.ts";

export { annotate, currentAnnotations } from "./annotations.ts";
export type { Annotations } from "./annotations.ts";
export { isCollection } from "./collection.ts";
export type { Collection, Computed } from "./collection.ts";
export { compute, mergeGraphs, optimize, persist } from "./compute.ts";
export { Delayed } from "./delayed.ts";
export type { CallOptions, Lazy, LazyArguments } from "./delayed.ts";
export { CancelledError, CycleError, GraphError, TaskError, quoteValue } from "./errors.ts";
export type { GraphErrorCode } from "./errors.ts";
export type {
  Executor,
  ExecutorOptions,
  Finished,
  Progress,
  RunOptions,
  StreamOptions,
  TaskEvent,
} from "./executor.ts";
export { transpose } from "./csr.ts";
export type { Csr } from "./csr.ts";
export { IntList } from "./graph-core.ts";
export type { GraphCore } from "./graph-core.ts";
export { createInlineExecutor } from "./inline-executor.ts";
export { compareKeys } from "./key.ts";
export type { Key } from "./key.ts";
export type { KeyTable } from "./key-table.ts";
export { LayeredGraph } from "./layered-graph.ts";
export { BlockwiseLayer } from "./layers/blockwise-layer.ts";
export type { BlockInput, BlockwiseOptions } from "./layers/blockwise-layer.ts";
export type { IndexMap } from "./layers/index-map.ts";
export type { Call, Layer, LayerOptions, TaskSink } from "./layers/layer.ts";
export { MaterializedLayer } from "./layers/materialized-layer.ts";
export type { Replacement } from "./layers/replacement.ts";
export { ShuffleLayer } from "./layers/shuffle-layer.ts";
export type { ShuffleOptions } from "./layers/shuffle-layer.ts";
export { TreeReduceLayer } from "./layers/tree-reduce-layer.ts";
export type { TreeReduceOptions } from "./layers/tree-reduce-layer.ts";
export { lowerGraph } from "./lower.ts";
export type { Lowered } from "./lower.ts";
export { cull, fuse, inline, order } from "./optimize/index.ts";
export { optimizeLayers } from "./optimize/fuse-layers.ts";
export { sequenceTasks } from "./optimize/sequence.ts";
export type { Sequence } from "./optimize/sequence.ts";
export { absorbs, forEachLeaf, mapLeaves, ownFunctions } from "./program.ts";
export type { Absorb, Arg, Program, Step, TaskFunction } from "./program.ts";
export { progressBar } from "./progress-bar.ts";
export type { ProgressStream } from "./progress-bar.ts";
export { getDefaultExecutor, registerExecutor, setDefaultExecutor, streamGraph } from "./run.ts";
export { TaskGraph } from "./task-graph.ts";
export { ref, task } from "./task.ts";
export type { Ref, Task, TaskSpec } from "./task.ts";
export { taskProfiler } from "./task-profiler.ts";
export type { TaskProfile } from "./task-profiler.ts";
export { tokenize, tokenizeLoosely } from "./tokenize.ts";
export { visualize } from "./visualize.ts";
export type { VisualizeOptions } from "./visualize.ts";

registerImmutableCodec();
