import type { MessagePort } from "node:worker_threads";
import type { BlockStore } from "../store/block-store.ts";
import type { WorkerEvent } from "../worker-events.ts";

/** What a pool is made with. */
export interface ThreadPoolOptions {
  /** Name of the worker. */
  readonly worker: string;
  readonly threads: number;
  /** Tasks of one thread that may wait for something asynchronous at the same time. */
  readonly awaitingMax: number;
  /** Bytes that tasks which wait may come to hold before their thread begins no other. */
  readonly awaitingBytesMax: number;
  /** Bytes of values that one thread may keep alive beside the store. */
  readonly heldBytesMax: number;
  /** Bytes of the heap of one thread, which ends when it needs more. */
  readonly heapBytesMax: number;
  /** A thread in which tasks leave something open for so long is replaced; default 5,000. */
  readonly leakMs?: number;
  readonly store: BlockStore;
  readonly emit: (events: readonly WorkerEvent[]) => void;
  /** A task of a thread asks for a client: its messages come and go through the port. */
  readonly openClient: (port: MessagePort, thread: number) => void;
  readonly warn: (message: string) => void;
}
