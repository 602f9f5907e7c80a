import type { RemoteWorkerOptions } from "../../../packages/distributed/dist/worker/host/remote-worker.js";

type Given = Pick<RemoteWorkerOptions, "scheduler" | "token" | "name" | "localDirectory" | "log">;

/** A worker of this process with one thread, and with nothing that a test would have to say. */
export function plainWorker(given: Given): RemoteWorkerOptions {
  return {
    threads: 1,
    memoryBytesMax: 2 ** 28,
    resources: {},
    host: "127.0.0.1",
    deathTimeoutMs: 5_000,
    ...given,
  };
}
