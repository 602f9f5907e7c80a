import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import type { Log } from "../log.ts";
import { SchedulerServer } from "../scheduler/server/scheduler-server.ts";
import type { FromSchedulerThread, ToSchedulerThread } from "./scheduler-thread-messages.ts";
import type { SchedulerThreadOptions } from "./scheduler-thread.ts";

const port = parentPort as MessagePort;

function say(message: FromSchedulerThread): void {
  port.postMessage(message);
}

function logAs(level: keyof Log): (event: string, facts?: object) => void {
  return (event, facts) => say({ kind: "log", level, event, facts });
}

const log: Log = {
  debug: logAs("debug"),
  info: logAs("info"),
  warn: logAs("warn"),
  error: logAs("error"),
};

const options = workerData as Omit<SchedulerThreadOptions, "log">;

try {
  const server = await SchedulerServer.start({ ...options, tls: undefined, log });
  port.on("message", (message: ToSchedulerThread) => {
    switch (message.kind) {
      case "close":
        void server.close("the cluster was closed").then(() => port.close());
        return;
      case "measure":
        say({ kind: "load", request: message.request, load: server.load() });
        return;
    }
  });
  say({ kind: "listening", url: server.url });
} catch (error) {
  say({ kind: "failed", error: error as Error });
}
