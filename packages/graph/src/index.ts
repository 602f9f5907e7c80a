import "./tasks.ts";

export { absorbSteps, absorbs } from "./absorb.ts";
export type { Absorb } from "./absorb.ts";
export {
  annotate,
  checkAnnotations,
  currentAnnotations,
  withoutAnnotations,
} from "./annotations.ts";
export type { Annotations, RunDefaults } from "./annotations.ts";
export { forEachLeaf, mapLeaves } from "./arg.ts";
export type { Arg } from "./arg.ts";
export { checkCount, checkOptions } from "./check-options.ts";
export type { Refusal } from "./check-options.ts";
export { CallSite } from "./call-site.ts";
export { mergeGraphs } from "./call-graph.ts";
export { isCollection, onlyPart } from "./collection.ts";
export type { Collection, Computed, Rebuilt } from "./collection.ts";
export { makeCollection, registerCollection } from "./collection-kinds.ts";
export type { CollectionKinds, CollectionOf, CollectionParts } from "./collection-kinds.ts";
export { formNamed, formOf, registerForm } from "./collection-forms.ts";
export type { CollectionForm } from "./collection-forms.ts";
export { compute, optimize, persist } from "./compute.ts";
export { Cut, CutPiece } from "./cut.ts";
export type { CutArray, CutPart } from "./cut.ts";
export { Delayed } from "./delayed.ts";
export type { CallArguments, CallOptions, Lazy, LazyArguments, Settled } from "./delayed.ts";
export {
  CancelledError,
  CycleError,
  GraphError,
  TaskError,
  errorClassFor,
  isTaskFault,
  quoteValue,
  registerErrors,
  taskFault,
  timeoutError,
} from "./errors.ts";
export type { ErrorClass, FailedStep, GraphErrorCode } from "./errors.ts";
export type {
  Executor,
  ExecutorName,
  ExecutorNames,
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
export { checkKey, compareKeys, layerKey } from "./key.ts";
export type { Key, KeyList } from "./key.ts";
export type { KeyTable } from "./key-table.ts";
export { LayeredGraph } from "./layered-graph.ts";
export { asBlockKeys, blockKeys, blocksOf, layerOfKeys } from "./block-keys.ts";
export type { BlockRange } from "./block-keys.ts";
export { blockInput, blockStep, stepArray, stepLiteral, stepResult } from "./layers/block-steps.ts";
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
export type { GraphLimits } from "./materializer.ts";
export { cull, fuse, inline, order } from "./optimize/index.ts";
export { onAbort } from "./on-abort.ts";
export { optimizeLayers } from "./optimize/fuse-layers.ts";
export { sequenceTasks } from "./optimize/sequence.ts";
export type { Sequence } from "./optimize/sequence.ts";
export { parseBytes } from "./parse-bytes.ts";
export { functionLabel, makeProgram, ownFunctions, runGuard, runProgram } from "./program.ts";
export type { Program, RunControl, Step, TaskFunction } from "./program.ts";
export { progressBar } from "./progress-bar.ts";
export type { ProgressStream } from "./progress-bar.ts";
export { getDefaultExecutor, registerExecutor, runOptionNames, setDefaultExecutor } from "./run.ts";
export { checkSettings, configure, settingNames, takeSettings } from "./settings.ts";
export type { Settings } from "./settings.ts";
export { splitOptions } from "./split-options.ts";
export { streamGraph } from "./stream-graph.ts";
export type { StreamRunOptions } from "./stream-graph.ts";
export { TaskGraph } from "./task-graph.ts";
export { ref, task } from "./task.ts";
export type { Ref, RefArguments, RefOr, TakesAnything, Task, TaskSpec } from "./task.ts";
export { failedStep, taskFailure } from "./task-failure.ts";
export { groupName, taskProfiler } from "./task-profiler.ts";
export type { TaskProfile } from "./task-profiler.ts";
export { tokenize, tokenizeLoosely } from "./tokenize.ts";
export { visualize } from "./visualize.ts";
export type { VisualizeOptions } from "./visualize.ts";
