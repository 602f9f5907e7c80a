import { TaskGraph, fuse, inline, ref, task } from "@millrace/graph";
import { expect, it } from "vitest";

const same = (a: unknown, b: unknown): boolean => a === b;

it("a container that two arguments read stays one object after fusing", async () => {
  const graph = TaskGraph.from({
    a: task(() => 1, []),
    pair: [ref("a"), ref("a")],
    same: task(same, [ref("pair"), [ref("pair")]]),
    equal: task((x: unknown, [y]: [unknown]) => x === y, [ref("pair"), [ref("pair")]]),
  });
  for (const optimize of [false, true]) {
    expect(await graph.compute(["same", "equal"], { optimize })).toEqual([false, true]);
  }
});

it("containers of containers that are read twice do not double with each level", async () => {
  const levels = 60;
  const entries: [string, unknown][] = [["k-0", task(() => 1, [])]];
  for (let i = 1; i <= levels; i++)
    entries.push([`k-${i}`, [ref(`k-${i - 1}`), ref(`k-${i - 1}`)]]);
  let value = await TaskGraph.from(entries).compute(`k-${levels}`);
  for (let i = 0; i < levels; i++) value = (value as unknown[])[i % 2];
  expect(value).toBe(1);
});

it("a chain of 100,000 tasks becomes one program and runs", async () => {
  const inc = (x: number): number => x + 1;
  const entries: [string, unknown][] = [["k-0", 0]];
  for (let i = 1; i <= 100_000; i++) entries.push([`k-${i}`, task(inc, [ref(`k-${i - 1}`)])]);
  const fused = fuse(TaskGraph.from(entries), ["k-100000"]);
  expect(fused.size).toBe(1);
  expect(await fused.compute("k-100000", { optimize: false })).toBe(100_000);
});

it("a chain of 100,000 aliases is inlined and fused", async () => {
  const entries = Array.from({ length: 100_001 }, (_, i): [string, unknown] => [
    `k-${i}`,
    i === 0 ? 7 : ref(`k-${i - 1}`),
  ]);
  const graph = TaskGraph.from(entries);
  expect(inline(graph, ["k-100000"]).size).toBe(1);
  expect(await fuse(graph, ["k-100000"]).compute("k-100000", { optimize: false })).toBe(7);
});

it("aliases that are read on their way are followed to their end", async () => {
  const inc = (x: number): number => x + 1;
  const entries: [string, unknown][] = [["a-0", task(inc, [1])]];
  for (let i = 1; i <= 50_000; i++) {
    entries.push([`a-${i}`, ref(`a-${i - 1}`)], [`t-${i}`, task(inc, [ref(`a-${i}`)])]);
  }
  entries.push([
    "both",
    task((...xs: unknown[]) => xs.length, [ref("a-1"), ref("a-2"), [ref("a-3")]]),
  ]);
  const keys = [...Array.from({ length: 50_000 }, (_, i) => `t-${i + 1}`), "both", "a-7"];
  const inlined = inline(TaskGraph.from(entries), keys);
  expect(inlined.size).toBe(50_003);
  expect(new Set(inlined.core.program).size).toBe(4);
  expect(inlined.dependencies("both")).toEqual(["a-0"]);
  expect(await inlined.compute(["t-50000", "both", "a-7"])).toEqual([3, 3, 2]);
});

it("a reduction of 100,000 inputs is fused and runs", async () => {
  const inc = (x: number): number => x + 1;
  const keys = Array.from({ length: 100_000 }, (_, i) => `k-${i}`);
  const entries: [string, unknown][] = keys.map((key, i) => [key, task(inc, [i])]);
  const sum = (parts: number[]): number => parts.reduce((a, b) => a + b, 0);
  entries.push(["sum", task(sum, [keys.map((key) => ref(key))])]);
  const fused = fuse(TaskGraph.from(entries), ["sum"], { maxWidth: Infinity });
  expect(fused.size).toBe(1);
  expect(await fused.compute("sum", { optimize: false })).toBe(5_000_050_000);
});
