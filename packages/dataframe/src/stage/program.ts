import type { Block } from "../column.ts";
import type { Typed } from "../expr/typed.ts";
import { columnsOf, nodesOf } from "../expr/typed.ts";
import { buildFunctions, sourceText } from "./build-functions.ts";
import { loopHead } from "./unrolled-loops.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { emitNode } from "./emit-node.ts";
import { truthOf } from "./emit-truth.ts";
import type { ProgramParts } from "./emitter.ts";
import { Emitter } from "./emitter.ts";
import type { Sink } from "./sink.ts";
import { emitStore, makeSink } from "./sink.ts";
import type { Bound } from "./slots.ts";
import { Slots } from "./slots.ts";
import type { Stage } from "./stage.ts";
import type { Value } from "./value.ts";

/** Writes offsets of rows that pass to `rows`, from place `n` on; gives the place after them. */
export type FilterLoop = (
  bound: Bound,
  from: number,
  to: number,
  base: number,
  rows: Int32Array,
  n: number,
) => number;

/** Works outputs out for some rows; gives a number below 0 where it had to give up. */
export type OutputLoop = (
  bound: Bound,
  from: number,
  to: number,
  base: number,
  rows: Int32Array,
) => number;

/** The two variants of a loop: over numbers, if there is one, and over bigints for 64 bits. */
export interface Variants<L> {
  readonly fast: L | undefined;
  readonly exact: L | undefined;
}

/** A column that is taken as it is, or the place that a loop writes to. */
export type OutputPlan =
  | { readonly kind: "column"; readonly name: string }
  | { readonly kind: "sink"; readonly sink: Sink };

/** A stage as generated functions, for columns of certain layouts. */
export interface Program {
  readonly source: string;
  readonly filter: Variants<FilterLoop> | undefined;
  readonly loops: readonly (Variants<OutputLoop> & { readonly sinks: readonly Sink[] })[];
  readonly outputs: readonly OutputPlan[];
  /** What loops are given for a partition, but for the places that they write to. */
  bind(block: Block): Bound;
}

/** Where values of a row are written: one after the other, or at the place of their row. */
export type Placement = "dense" | "in place";

/** Nodes of one loop: the compiler of the engine gives up on functions that are too large. */
const NODES_MAX = 120;

/** Generates the functions of a stage. */
export function compileStage(
  stage: Stage,
  layouts: ReadonlyMap<string, ColumnLayout>,
  placement: Placement,
): Program {
  const parts: ProgramParts = {
    slots: new Slots(),
    layouts,
    kernels: new Set(),
    functions: [],
    fillers: new Map(),
  };
  const { filter, outputs } = stage;
  const filterNames = filter === undefined ? undefined : writeFilter(parts, filter);
  const isFiltered = filter !== undefined;
  const sinks = new Map<Typed, Sink>();
  const loopNames = groupsOf(outputs.map(({ value }) => value)).map((group) =>
    writeOutputs(parts, group, sinks, { placement, isFiltered }),
  );
  const source = sourceText(parts);
  const names = [
    ...Object.values(filterNames ?? {}),
    ...loopNames.flatMap(({ fast, exact }) => [fast, exact]),
  ];
  const made = buildFunctions(
    source,
    parts,
    names.filter((name) => name !== undefined),
  );
  const variants = <L>({ fast, exact }: Variants<string>): Variants<L> => ({
    fast: fast === undefined ? undefined : (made[fast] as L),
    exact: exact === undefined ? undefined : (made[exact] as L),
  });
  return {
    source,
    filter: filterNames && variants<FilterLoop>(filterNames),
    loops: loopNames.map((loop) => ({ ...variants<OutputLoop>(loop), sinks: loop.sinks })),
    outputs: outputs.map(({ value }) =>
      value.kind === "column"
        ? { kind: "column", name: value.name }
        : { kind: "sink", sink: sinks.get(value) as Sink },
    ),
    bind: (block) => {
      const bound: Bound = [];
      for (const make of parts.slots.makers) bound.push(make(block, bound));
      return bound;
    },
  };
}

/** Different outputs that are no plain columns, in groups of a loop each. */
function groupsOf(values: readonly Typed[]): readonly (readonly Typed[])[] {
  const groups: Typed[][] = [];
  let size = NODES_MAX;
  for (const value of new Set(values)) {
    if (value.kind === "column") continue;
    const count = nodesOf([value]).size;
    if (size + count > NODES_MAX) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(value);
    size += count;
  }
  return groups;
}

/** Both variants of a loop, or one where they would not differ. */
function writeVariants(
  parts: ProgramParts,
  hint: string,
  write: (e: Emitter) => readonly string[],
): Variants<string> {
  const e = new Emitter(parts, false, emitNode);
  const lines = write(e);
  const fast = e.unfit ? undefined : addFunction(parts, hint, lines);
  if (!e.wide) return { fast, exact: undefined };
  const exactLines = write(new Emitter(parts, true, emitNode));
  return { fast, exact: addFunction(parts, `${hint} exact`, exactLines) };
}

/** Lines that begin with the rest of the head of a function, after its name. */
function addFunction(
  parts: ProgramParts,
  hint: string,
  [head = "", ...lines]: readonly string[],
): string {
  const name = parts.slots.name(hint);
  parts.functions.push([`function ${name}${head}`, ...lines].join("\n"));
  return name;
}

function writeFilter(parts: ProgramParts, filter: Typed): Variants<string> {
  return writeVariants(parts, "filter", (e) => {
    const truth = e.declare("pass", truthOf(e.value(filter)));
    return [
      "(c, from, to, base, rows, n) {",
      ...indented(1, e.heads()),
      ...loopLines("i", e, ["rows[n] = i - base;", `n = n + ${truth} | 0;`]),
      "  return n;",
      "}",
    ];
  });
}

/** What decides about the head of a loop. */
interface LoopForm {
  readonly placement: Placement;
  readonly isFiltered: boolean;
}

function writeOutputs(
  parts: ProgramParts,
  group: readonly Typed[],
  sinks: Map<Typed, Sink>,
  { placement, isFiltered }: LoopForm,
): Variants<string> & { readonly sinks: readonly Sink[] } {
  const variants = writeVariants(parts, "outputs", (e) => {
    const values = group.map((node) => e.value(node));
    group.forEach((node, i) => {
      const value = values[i] as Value;
      const sink = sinks.get(node) ?? makeSink(parts.slots, node.token, node.dtype, value);
      sinks.set(node, sink);
      emitStore(e, node.token, sink, value);
    });
    const row = isFiltered ? "rows[j]" : "j";
    const place = placement === "dense" ? "j" : row;
    return [
      "(c, from, to, base, rows) {",
      ...indented(1, e.heads()),
      ...loopLines("j", e, [], [`const i = base + ${row};`, `const p = ${place};`]),
      "  return 0;",
      "}",
    ];
  });
  return { ...variants, sinks: group.map((node) => sinks.get(node) as Sink) };
}

/** The loop over the rows of a morsel: what was written for one row, between what is given. */
function loopLines(
  variable: string,
  e: Emitter,
  after: readonly string[],
  before: readonly string[] = [],
): readonly string[] {
  const body = [...before, ...scratchLines(e), ...e.lines, ...after];
  return [`  ${loopHead(variable, e, body.length)}`, ...indented(2, body), "  }"];
}

function scratchLines(e: Emitter): readonly string[] {
  return e.scratch ? [`${e.kernel("span")}.reset();`] : [];
}

function indented(depth: number, lines: readonly string[]): readonly string[] {
  return lines.map((line) => "  ".repeat(depth) + line);
}

/** Names of the columns that a stage reads by value, or takes as they are. */
export function inputsOf({ filter, outputs }: Stage): ReadonlySet<string> {
  const roots = outputs.map(({ value }) => value);
  return columnsOf(filter === undefined ? roots : [filter, ...roots]);
}
