import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { encodeFailure } from "../../codec/failure/encode-failure.ts";
import { decodeGraph } from "../../codec/graph/decode-graph.ts";
import { expandGraph } from "../expand.ts";
import type { HasExpanded, ToExpand } from "./expanded-message.ts";
import { packExpanded } from "./expanded-message.ts";

// A thread that writes out one graph and ends, so that its memory is free again.
const port = parentPort as MessagePort;
const { source, settings, limits } = workerData as ToExpand;
try {
  const { graph, keys } = decodeGraph(source);
  const { message, transfer } = packExpanded(expandGraph(graph, keys, settings, limits));
  const told: HasExpanded = { kind: "expanded", graph: message };
  port.postMessage(told, transfer);
} catch (error) {
  const told: HasExpanded = { kind: "failed", failure: encodeFailure(error) };
  port.postMessage(told);
}
