import type { Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  TreeReduceLayer,
  makeProgram,
  transpose,
} from "@millrace/graph";
import { plainSettings } from "../packages/distributed/dist/messages/client-messages.js";
import type {
  ExpandedColumns,
  ExpandedGraph,
} from "../packages/distributed/dist/scheduler/expand.js";
import { expandGraph } from "../packages/distributed/dist/scheduler/expand.js";
import { tablesOf } from "../packages/distributed/dist/scheduler/run-tables.js";
import { standIn } from "../packages/distributed/dist/scheduler/stand-in.js";

/** Graphs as a scheduler gets them, of about so many tasks each. */
export type Shape = "independent" | "tree" | "stencil" | "random";

export const functionName = "function";
const fn = standIn(functionName);

type Asked = { readonly graph: LayeredGraph; readonly keys: readonly Key[] };

export function expandedShape(shape: Shape, size: number): ExpandedGraph {
  switch (shape) {
    case "independent":
      return expanded(leaves(size));
    case "tree":
      return expanded(tree(Math.round(size / 2)));
    case "stencil":
      return expanded(stencil(Math.round(Math.sqrt(size))));
    case "random":
      return random(size);
  }
}

function expanded({ graph, keys }: Asked): ExpandedGraph {
  return expandGraph(graph, keys, plainSettings);
}

function input(n: number): { readonly kind: "input"; readonly input: number } {
  return { kind: "input", input: n };
}

function leaves(count: number): Asked {
  const layer = new BlockwiseLayer("leaf", {
    count,
    inputs: [{ kind: "index" }],
    steps: [{ fn, args: [input(0)] }],
  });
  const keys = Array.from({ length: count }, (_, i) => `leaf/${i}`);
  return { graph: new LayeredGraph().withLayer(layer), keys };
}

function tree(count: number): Asked {
  const options = { input: "leaf", count, splitEvery: 2, combine: { fn } };
  const graph = leaves(count).graph.withLayer(new TreeReduceLayer("tree", options));
  return { graph, keys: ["tree/0"] };
}

/** A square: each task reads the three above it, around the edge. */
function stencil(width: number): Asked {
  let { graph } = leaves(width);
  for (let y = 1; y < width; y++) {
    const layer = y === 1 ? "leaf" : `row-${y - 1}`;
    graph = graph.withLayer(
      new BlockwiseLayer(`row-${y}`, {
        count: width,
        inputs: [
          { kind: "block", layer, index: { plus: width - 1, modulo: width } },
          { kind: "block", layer },
          { kind: "block", layer, index: { plus: 1, modulo: width } },
        ],
        steps: [{ fn, args: [input(0), input(1), input(2)] }],
      }),
    );
  }
  const last = width === 1 ? "leaf" : `row-${width - 1}`;
  return { graph, keys: Array.from({ length: width }, (_, i) => `${last}/${i}`) };
}

/**
 * Each task reads three earlier ones, near ones more often. Made without layers: a million tasks
 * written out one by one cost the graph package much, and the scheduler nothing.
 */
function random(size: number): ExpandedGraph {
  const first = Math.min(100, size);
  const offsets = new Int32Array(size + 1);
  const targets = new Int32Array(3 * (size - first));
  let seed = 12_345;
  const next = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  for (let t = first, edge = 0; t < size; t++) {
    for (let n = 0; n < 3; n++) {
      targets[edge++] = Math.floor(t - 1 - next() ** 3 * Math.min(t - 1, 50_000));
    }
    offsets[t + 1] = edge;
  }
  const inputs = { size, offsets, targets };
  const step = { fn, args: [{ kind: "inputs", start: 0, count: 3 } as const] };
  const outputs = Math.min(1_000, size);
  const starts = Int32Array.from({ length: first }, (_, t) => t);
  const columns: ExpandedColumns = {
    size,
    keyOf: (t) => `random-${t}`,
    inputs,
    readers: transpose(inputs, undefined),
    program: new Int32Array(size),
    programs: [makeProgram([step], 3, 0)],
    constantOffsets: new Int32Array(size + 1),
    constants: [],
    annotation: new Int32Array(size),
    annotations: [undefined],
    traits: new Uint8Array(size),
    held: [],
    wanted: Int32Array.from({ length: outputs }, (_, n) => size - outputs + n),
    stops: undefined,
  };
  return { ...columns, tables: tablesOf(columns, starts, plainSettings) };
}
