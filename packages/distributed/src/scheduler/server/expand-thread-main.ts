import { parentPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { encodeFailure } from "../../codec/failure/encode-failure.ts";
import { decodeGraph } from "../../codec/graph/decode-graph.ts";
import { expandGraph } from "../expand.ts";
import type { HasExpanded, ToExpand } from "./expanded-message.ts";
import { packExpanded } from "./expanded-message.ts";

// The first file of a thread that writes graphs out, one after another.
const port = parentPort as MessagePort;
port.on("message", ({ source, settings, limits }: ToExpand) => {
  try {
    const { graph, keys } = decodeGraph(source);
    const { message, transfer } = packExpanded(expandGraph(graph, keys, settings, limits));
    const told: HasExpanded = { kind: "expanded", graph: message };
    port.postMessage(told, transfer);
  } catch (error) {
    const told: HasExpanded = { kind: "failed", failure: encodeFailure(error) };
    port.postMessage(told);
  }
});
