import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import "../../client/actors/handle.ts";
import { taskContextHook } from "./task-context.ts";
import type { ClientPort, ThreadStart, ToThread } from "./thread-messages.ts";
import { ThreadRunner } from "./thread-runner.ts";

// The first file of a task thread.
const port = parentPort as MessagePort;
taskContextHook().openClient = (client) => {
  const message: ClientPort = { millraceClient: client };
  port.postMessage(message, [client]);
};
const start = workerData as ThreadStart;
taskContextHook().directory = start.directory;
const runner = new ThreadRunner(port, start);
port.on("message", (message: ToThread) => runner.take(message));
// The first word says that the thread is there.
port.postMessage({ rows: new Float64Array(0), payload: new Uint8Array(0), blocks: [] });
