/** What a local engine is made of. */
export interface EngineSettings {
  /** Name of the worker. */
  readonly name: string;
  readonly threads: number;
  /** Bytes that the process may take before values go to disk. */
  readonly memoryBytesMax: number;
  /** Where spilled values go. */
  readonly localDirectory: string;
  /** Named amounts that tasks may ask for. */
  readonly resources: Readonly<Record<string, number>>;
  /** Tasks of one thread that may wait for something asynchronous at the same time. */
  readonly awaitingTasksMax: number;
  /** Bytes that tasks which wait may come to hold before their thread begins no other. */
  readonly awaitingBytesMax: number;
  /** Bytes of values that one thread may keep alive beside the store. */
  readonly heldBytesMax: number;
  /** Bytes of the heap of one thread. */
  readonly heapBytesMax: number;
  readonly warn: (message: string) => void;
}
