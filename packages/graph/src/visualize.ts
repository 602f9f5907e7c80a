import { createRequire } from "node:module";
import type * as Dagre from "@dagrejs/dagre";
import { checkOptions } from "./check-options.ts";
import type { Collection } from "./collection.ts";
import { GraphError, invalidArgument } from "./errors.ts";
import type { GraphCore } from "./graph-core.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import { lowerGraph } from "./lower.ts";
import { optimizeLayers } from "./optimize/fuse-layers.ts";
import type { Program } from "./program.ts";
import { isOwn } from "./program.ts";
import { groupName } from "./task-profiler.ts";

/** What to draw and how. */
export interface VisualizeOptions {
  /** True draws the tasks that would run; false (default) the graph as it was built. */
  readonly optimized?: boolean | undefined;
  /** "dot" (default): text for Graphviz; "svg": a picture. */
  readonly format?: "dot" | "svg" | undefined;
}

const loadModule = createRequire(import.meta.url);

/** More tasks make a picture nobody can read, and a layout that takes minutes. */
const svgTasksMax = 1000;

interface Drawing {
  readonly nodes: readonly {
    readonly id: string;
    readonly label: string;
    readonly title: string;
  }[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/**
 * The graph of a collection as text: one box a task, labelled with its functions, arrows from
 * inputs to readers. Nothing is computed.
 *
 * @throws GraphError `graph/invalid-argument` for a bad option, and for a picture of over 1,000
 * tasks
 * @example
 * ```ts
 * import { Delayed, visualize } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const twice = Delayed.call(inc, [Delayed.call(inc, [1], { name: "a" })], { name: "b" });
 * visualize(twice).split("\n").length; // => 8
 * visualize(twice, { format: "svg" }).startsWith("<svg"); // => true
 * ```
 */
export function visualize(
  collection: Pick<Collection<unknown>, "graph" | "outputKeys">,
  options: VisualizeOptions = {},
): string {
  checkOptions("visualize", options, ["optimized", "format"]);
  const { optimized = false, format = "dot" } = options;
  if (format !== "dot" && format !== "svg") {
    throw invalidArgument("visualize", "no such format", format, '"dot" or "svg"');
  }
  const { graph, outputKeys } = collection;
  const keys = graph.checkKeys("visualize", outputKeys);
  const drawing = drawingOf(tasksOf(graph, keys, optimized));
  return format === "dot" ? toDot(drawing) : toSvg(drawing);
}

/** What tasks get in a run without options. */
const ordinary = { priority: 0, retries: 0 };

function tasksOf(graph: LayeredGraph, keys: readonly string[], optimized: boolean): GraphCore {
  return optimized
    ? lowerGraph(optimizeLayers(graph, keys, ordinary), keys, true, ordinary).core
    : graph.materialize(keys).core;
}

function drawingOf(core: GraphCore): Drawing {
  const nodes = Array.from({ length: core.size }, (_, t) => {
    const key = core.keys.at(t);
    const program = core.programs[core.program[t] as number] as Program;
    return { id: `t${t}`, label: labelOf(program, key), title: key };
  });
  const edges: [string, string][] = [];
  for (let t = 0; t < core.size; t++) {
    for (let e = core.offsets[t] as number; e < (core.offsets[t + 1] as number); e++) {
      edges.push([`t${core.targets[e] as number}`, `t${t}`]);
    }
  }
  return { nodes, edges };
}

const stepsShownMax = 4;

function labelOf(program: Program, key: string): string {
  const name = groupName(key);
  const names = program.steps
    .filter(({ fn }) => !isOwn(fn))
    .map(({ fn }) => (fn.name === "" ? "(anonymous)" : fn.name));
  if (names.length === 0) return name;
  const more = names.length > stepsShownMax ? [`… ${names.length} steps`] : [];
  return [...names.slice(0, stepsShownMax), ...more].join(" → ");
}

function toDot({ nodes, edges }: Drawing): string {
  const lines = [
    "digraph millrace {",
    '  rankdir="BT";',
    '  node [shape="box", style="rounded", fontname="sans-serif"];',
    ...nodes.map(
      ({ id, label, title }) => `  ${id} [label=${dotText(label)}, tooltip=${dotText(title)}];`,
    ),
    ...edges.map(([from, to]) => `  ${from} -> ${to};`),
    "}",
    "",
  ];
  return lines.join("\n");
}

function dotText(text: string): string {
  return `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}

const boxHeight = 32;
const charWidth = 7.5;
const margin = 8;

function toSvg({ nodes, edges }: Drawing): string {
  if (nodes.length > svgTasksMax) {
    throw new GraphError(
      "graph/invalid-argument",
      `visualize: too many tasks for a picture, got ${nodes.length}, wanted ${svgTasksMax} at most. ` +
        'Draw the optimized graph, a part of the data, or take format "dot".',
    );
  }
  // Who draws nothing does not wait for it to be loaded.
  const { Graph, layout } = loadModule("@dagrejs/dagre") as typeof Dagre;
  const graph = new Graph();
  graph.setGraph({ rankdir: "BT", nodesep: 24, ranksep: 36, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, label } of nodes) {
    graph.setNode(id, { width: label.length * charWidth + 20, height: boxHeight });
  }
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const boxes = nodes.map(({ id, label, title }) => boxOf(graph.node(id) as Box, label, title));
  const arrows = edges.map(([from, to]) =>
    arrowOf((graph.edge(from, to) as { points: Point[] }).points),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" ` +
      `width="${round(width)}" height="${round(height)}" font-family="sans-serif" font-size="13">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" ' +
      'orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    ...arrows,
    ...boxes,
    "</svg>",
    "",
  ].join("\n");
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function boxOf({ x, y, width, height }: Box, label: string, title: string): string {
  const frame =
    `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" ` +
    `height="${round(height)}" rx="6" fill="#eef4fb" stroke="#4a6fa5"/>`;
  const text =
    `<text x="${round(x)}" y="${round(y + 4.5)}" text-anchor="middle">` +
    `${xmlText(label)}</text>`;
  return `<g><title>${xmlText(title)}</title>${frame}${text}</g>`;
}

function arrowOf(points: readonly Point[]): string {
  const path = points
    .map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${round(x)} ${round(y)}`)
    .join("");
  return `<path d="${path}" fill="none" stroke="#555" marker-end="url(#arrow)"/>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function xmlText(text: string): string {
  return (
    text
      .replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
      // Control characters and lone surrogates have no place in XML 1.0.
      .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "�")
  );
}
