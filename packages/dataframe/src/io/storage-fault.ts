import { registerErrors, taskFault } from "@millrace/graph/tasks";
import { StorageError } from "@millrace/storage";

registerErrors("storage", { StorageError });

/** What was thrown while a task read or wrote: an error of storage is found by Millrace itself. */
export function storageFault(error: unknown): unknown {
  return error instanceof StorageError ? taskFault(error) : error;
}
