import { createHash } from "node:crypto";

import type { Annotations, Key, TaskSpec } from "@millrace/graph";
import { TaskGraph, ref, task } from "@millrace/graph";
import fc from "fast-check";

/** What one argument of a drawn task is made of; `task` counts from 0 among the earlier tasks. */
type Piece =
  | { readonly kind: "ref"; readonly task: number }
  | { readonly kind: "plain"; readonly value: unknown }
  | { readonly kind: "array" | "set" | "map" | "object"; readonly items: readonly Piece[] };

/** One drawn task: a value, another name for one, or a call. */
type Drawn =
  | { readonly kind: "value"; readonly piece: Piece }
  | {
      readonly kind: "call";
      readonly fn: number;
      readonly pieces: readonly Piece[];
      readonly annotations: Annotations | undefined;
    };

/**
 * A drawn graph: task `t` reads earlier tasks only, is called `names[t]`, and is added at `order`.
 */
export interface Dag {
  readonly tasks: readonly Drawn[];
  readonly names: readonly Key[];
  readonly order: readonly number[];
  /** Keys asked for; may repeat. */
  readonly wanted: readonly Key[];
}

/** A drawn graph ready to run: how often each task ran stands in `runs` by the key of the task. */
export interface Built {
  readonly graph: TaskGraph;
  readonly runs: Map<Key, number>;
}

const plain: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom("", "k-1", null, undefined, true, "x".repeat(1200)),
  fc.constantFrom<unknown>([1, [2]], { a: 1 }, new Map([["a", 1]]), new Set([1])),
);

const { piece } = fc.letrec<{ piece: Piece; group: Piece }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3, depthIdentifier: "piece" },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("ref" as const), task: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("plain" as const), value: plain }) },
    { weight: 2, arbitrary: tie("group") },
  ),
  group: fc.record({
    kind: fc.constantFrom("array" as const, "set" as const, "map" as const, "object" as const),
    items: fc.array(tie("piece"), { maxLength: 4, depthIdentifier: "piece" }),
  }),
}));

const annotations: fc.Arbitrary<Annotations | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        priority: fc.integer({ min: -2, max: 2 }),
        retries: fc.nat({ max: 2 }),
        timeoutMs: fc.constantFrom(1e9, 2e9),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom({ resources: { gpu: 1 } }, { workers: ["one"] }) },
);

const call = fc.record({
  kind: fc.constant("call" as const),
  fn: fc.nat({ max: 3 }),
  // Short lists of arguments give chains; longer ones give joins and diamonds.
  pieces: fc.oneof(
    { weight: 3, arbitrary: fc.array(piece, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(piece, { maxLength: 4, size: "max" }) },
  ),
  annotations,
});

const value = fc.record({ kind: fc.constant("value" as const), piece });

/** How far back references look: a short reach makes chains, a long one makes webs. */
const reach = fc.constantFrom(1, 2, 5, 60);

/** Random graphs of up to 60 tasks. */
export const dags: fc.Arbitrary<Dag> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: call },
        { weight: 2, arbitrary: value },
      ) as fc.Arbitrary<Drawn>,
      { minLength: 1, maxLength: 60, size: "max" },
    ),
    reach,
    fc.array(fc.nat(), { maxLength: 6, size: "max" }),
  )
  .chain(([drawn, back, asked]) => {
    const tasks = drawn.map((each, t) => resolve(each, t, back));
    const all = tasks.map((_, t) => t);
    const permutation = fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    return fc.tuple(permutation, permutation).map(([labels, order]) => {
      const names = labels.map((label) => `k-${label}`);
      const wanted = asked.map((pick) => names[names.length - 1 - (pick % names.length)] as Key);
      return { tasks, names, order, wanted };
    });
  });

/**
 * Makes references point at earlier tasks; the first task has none, so there they are plain values.
 */
function resolve(drawn: Drawn, t: number, back: number): Drawn {
  const at = (piece: Piece): Piece => {
    if (piece.kind === "plain") return piece;
    if (piece.kind !== "ref") return { ...piece, items: piece.items.map(at) };
    if (t === 0) return { kind: "plain", value: piece.task };
    return { kind: "ref", task: t - 1 - (piece.task % Math.min(t, back)) };
  };
  return drawn.kind === "value"
    ? { kind: "value", piece: at(drawn.piece) }
    : { ...drawn, pieces: drawn.pieces.map(at) };
}

/** Makes a graph of it, its entries in the drawn order or, `turned`, the other way round. */
export function build(dag: Dag, turned = false): Built {
  const runs = new Map<Key, number>();
  const functions = functionsThatCount(runs);
  const nameOf = (t: number): unknown => ref(dag.names[t] as Key);
  const entries = dag.order.map((t) => {
    const drawn = dag.tasks[t] as Drawn;
    const key = dag.names[t] as Key;
    if (drawn.kind === "value") return [key, fill(drawn.piece, nameOf)] as const;
    const fn = functions[drawn.fn] as TaskSpec["fn"];
    const args = [key, ...drawn.pieces.map((piece) => fill(piece, nameOf))];
    const advice = drawn.annotations === undefined ? {} : { annotations: drawn.annotations };
    return [key, task(fn, args, advice)] as const;
  });
  return { graph: TaskGraph.from(turned ? entries.toReversed() : entries), runs };
}

/** The value of every task, worked out one after another without any of the code that is tested. */
export function plainValues(dag: Dag): Map<Key, unknown> {
  const values: unknown[] = [];
  for (const drawn of dag.tasks) {
    const valueOf = (t: number): unknown => values[t];
    const key = dag.names[values.length] as Key;
    if (drawn.kind === "value") values.push(fill(drawn.piece, valueOf));
    else
      values.push(
        answer(
          drawn.fn,
          key,
          drawn.pieces.map((piece) => fill(piece, valueOf)),
        ),
      );
  }
  return new Map(dag.names.map((name, t) => [name, values[t]]));
}

/** Annotations of the calls by key; plain values are not listed. */
export function annotationsOf(dag: Dag): Map<Key, Annotations | undefined> {
  const found = new Map<Key, Annotations | undefined>();
  dag.tasks.forEach((drawn, t) => {
    if (drawn.kind === "call") found.set(dag.names[t] as Key, drawn.annotations);
  });
  return found;
}

function fill(piece: Piece, valueOf: (t: number) => unknown): unknown {
  if (piece.kind === "plain") return piece.value;
  if (piece.kind === "ref") return valueOf(piece.task);
  const items = piece.items.map((item) => fill(item, valueOf));
  switch (piece.kind) {
    case "array":
      return items;
    case "set":
      return new Set(items);
    case "map":
      return new Map(items.map((item, i) => [`m${i}`, item]));
    case "object":
      return Object.fromEntries(items.map((item, i) => [`o${i}`, item]));
  }
}

/**
 * Four functions that tasks share; the last two are asynchronous. Each counts itself under its
 * first argument.
 */
function functionsThatCount(runs: Map<Key, number>): TaskSpec["fn"][] {
  const count = (n: number, key: Key, args: readonly unknown[]): string => {
    runs.set(key, (runs.get(key) ?? 0) + 1);
    return answer(n, key, args);
  };
  const one = (key: Key, ...args: unknown[]): string => count(0, key, args);
  const two = (key: Key, ...args: unknown[]): string => count(1, key, args);
  const soon = async (key: Key, ...args: unknown[]): Promise<string> => count(2, key, args);
  const later = async (key: Key, ...args: unknown[]): Promise<string> => {
    await Promise.resolve();
    return count(3, key, args);
  };
  return [one, two, soon, later];
}

/** A short text that tells calls with different arguments apart. */
function answer(fn: number, key: Key, args: readonly unknown[]): string {
  const text = JSON.stringify([fn, key, args], (_, item: unknown) => {
    if (item instanceof Map) return ["map", ...item];
    if (item instanceof Set) return ["set", ...item];
    return item === undefined ? "undefined" : item;
  });
  return createHash("sha256").update(text).digest("base64").slice(0, 12);
}
