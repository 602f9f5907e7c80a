import { readFileSync } from "node:fs";
import { capture, revive } from "@millrace/closure";
import { Map as ImmutableMap } from "immutable";
import type { Bench, BenchRow } from "./bench.ts";

/** `captures` is how many fresh functions each case takes, `rounds` how often it is repeated. */
type Parameters = { readonly captures: number; readonly rounds: number };

type Make = (k: number) => (x: number) => unknown;

export const bench: Bench<Parameters> = {
  name: "closure-capture-cost",
  question: "What does capturing a function cost, by what it captures, and what does a revival?",
  parameters: { small: { captures: 20, rounds: 3 }, full: { captures: 200, rounds: 5 } },
  async run({ captures, rounds }) {
    const rows: BenchRow[] = [];
    const answers: string[] = [];
    let baseMs = NaN;
    for (const [name, make] of Object.entries(cases)) {
      const packed = capture(make(0));
      answers.push(packed.hash.slice(0, 4));
      const medianMs = median(rounds, () => {
        for (let i = 1; i <= captures; i++) capture(make(i));
        return captures;
      });
      if (Number.isNaN(baseMs)) baseMs = medianMs;
      rows.push(row(name, medianMs, baseMs, packed.bytes.byteLength));
    }
    const again = cases["nothing captured"]!(0);
    const bytes = capture(again).bytes.byteLength;
    const memoMs = median(rounds, () => {
      for (let i = 0; i < captures; i++) capture(again);
      return captures;
    });
    rows.push(row("the same function again", memoMs, baseMs, bytes));
    const times: number[] = [];
    for (let i = 0; i < captures; i++) {
      const packed = capture(cases["helper and object"]!(i + 0.5));
      const start = performance.now();
      await revive(packed.bytes);
      times.push(performance.now() - start);
    }
    rows.push(row("revive helper and object", middle(times), baseMs, bytes));
    return { rows, answer: answers.join("") };
  },
};

const settings = { depth: { level: 2 }, unused: "x".repeat(10_000) };
const helper = (x: number): number => x * settings.depth.level;
class Counter {
  readonly start: number;
  constructor(start: number) {
    this.start = start;
  }
  from(x: number): number {
    return this.start + x;
  }
}

const cases: Record<string, Make> = {
  "nothing captured": () => (x) => x + 1,
  "a number": (k) => (x) => x + k,
  "helper and object": (k) => (x) => helper(x) + k,
  "class and instance": (k) => {
    const counter = new Counter(k);
    return (x) => counter.from(x);
  },
  "built-in module": (k) => (x) => [readFileSync.name, x, k],
  "npm package": (k) => (x) => ImmutableMap({ x, k }).size,
  "1,000 objects": (k) => {
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}`, k }));
    return (x) => rows[x];
  },
  "Float64Array of 1 MB": (k) => {
    const data = new Float64Array(120_000).fill(k);
    return (x) => data[x];
  },
};

/** Milliseconds for one, as the median over rounds; `round` says how many it did. */
function median(rounds: number, round: () => number): number {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    const count = round();
    times.push((performance.now() - start) / count);
  }
  return middle(times);
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;
}

function row(name: string, medianMs: number, baseMs: number, bytes: number): BenchRow {
  return {
    case: name,
    medianMs,
    ratio: medianMs / baseMs,
    us: (1000 * medianMs).toFixed(1),
    bytes,
  };
}
