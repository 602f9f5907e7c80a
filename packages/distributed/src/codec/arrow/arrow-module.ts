import type * as Arrow from "apache-arrow";
import type { _InternalEmptyPlaceholderRecordBatch } from "apache-arrow/recordbatch";
import { notPrepared } from "../value/needs.ts";

/** What is used of Apache Arrow. */
export interface ArrowModule {
  readonly main: typeof Arrow;
  /** What Arrow puts into a table of a stream without batches; it is no public class of it. */
  readonly PlaceholderBatch: typeof _InternalEmptyPlaceholderRecordBatch;
}

let loaded: ArrowModule | undefined;

/** Whether Apache Arrow is there. */
export function isArrowLoaded(): boolean {
  return loaded !== undefined;
}

/** Imports Apache Arrow: tens of milliseconds, paid by those alone who meet a value of it. */
export async function loadArrow(): Promise<void> {
  const [main, batch] = await Promise.all([
    import("apache-arrow"),
    import("apache-arrow/recordbatch"),
  ]);
  loaded = { main, PlaceholderBatch: batch._InternalEmptyPlaceholderRecordBatch };
}

/** Apache Arrow, which must have been loaded by then. */
export function arrowModule(): ArrowModule {
  if (loaded === undefined) throw notPrepared("a value of Apache Arrow, which is not loaded");
  return loaded;
}
