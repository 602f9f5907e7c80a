import { createHash } from "node:crypto";

import type { Key, LayeredGraph, Replacement, TaskFunction } from "@millrace/graph";
import { expect } from "vitest";

import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import { decodeGraph } from "../../../packages/distributed/src/codec/graph/decode-graph.ts";
import { encodeGraph } from "../../../packages/distributed/src/codec/graph/encode-graph.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { ShippedValue } from "../../../packages/distributed/src/messages/shipped.ts";
import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";

/** The name that a captured function of this text would have. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A value as a client ships it. */
export function shippedValue(value: unknown, functions: readonly string[] = []): ShippedValue {
  const block = encodeValue(value);
  return new ShippedValue(block, functions, hashOf(Buffer.from(block.header).toString("hex")));
}

/** Ships functions by their names and values by what they are, without a capture. */
export function byName(): Replacement {
  const values = new Map<unknown, ShippedValue>();
  return {
    fn: (fn: TaskFunction): TaskFunction => standIn(hashOf(fn.name)),
    value: (value) => {
      if (typeof value !== "object" || value === null) return value;
      const known = values.get(value) ?? shippedValue(value);
      values.set(value, known);
      return known;
    },
  };
}

/** All that a scheduler makes of a graph, as values that can be compared. */
export function expandedOf(graph: LayeredGraph, keys: readonly Key[], optimize: boolean): unknown {
  const expanded = expandGraph(graph, keys, { ...plainSettings, optimize });
  const { size, constants } = expanded;
  return {
    ...expanded,
    keyOf: Array.from({ length: size }, (_, t) => expanded.keyOf(t)),
    // Which constants are one object.
    shared: Array.from(constants, (value) => constants.indexOf(value as never)),
  };
}

/** What a graph is, beside its tasks. */
function shapeOf(graph: LayeredGraph): unknown {
  return Array.from(graph.layers.values(), (layer) => {
    const { token } = layer as { token?: string };
    const { kind, name, size, annotations, layerInputs, keyInputs, standsFor, content } = layer;
    const { prefix } = layer.keys;
    return [
      kind,
      name,
      size,
      annotations,
      layerInputs,
      keyInputs,
      standsFor,
      content,
      token,
      prefix,
    ];
  });
}

/** Encodes and decodes a graph, and expects that nothing has changed; gives both and the block. */
export function expectSame(
  graph: LayeredGraph,
  keys: readonly Key[],
): { readonly block: Block; readonly graph: LayeredGraph } {
  const block = encodeGraph(graph, keys);
  const back = decodeGraph(block);
  expect(back.keys).toEqual(keys);
  expect(shapeOf(back.graph)).toEqual(shapeOf(graph));
  for (const optimize of [true, false]) {
    expect(expandedOf(back.graph, keys, optimize)).toEqual(expandedOf(graph, keys, optimize));
  }
  return { block, graph: back.graph };
}
