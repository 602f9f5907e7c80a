import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Csr, orderTasks } from "../../../packages/graph/src/optimize/order.ts";
import { memoryPressure, type Pressure } from "./memory-pressure.ts";
import { csrOf, exampleShapes } from "./order-shapes.ts";

type Measured = Pressure & { readonly positions: string };
type Shape = { tasks: number; edges: number; natural: Measured; mirrored: Measured };

/** What `dask-order.py` wrote, with the version of Dask that it ran. */
const file = readdirSync(import.meta.dirname).find((name) => /^dask-order-.*\.json$/.test(name))!;
const dask = JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as {
  readonly dask: string;
  readonly shapes: Readonly<Record<string, Shape>>;
};
const shapes = exampleShapes();
const numberings = ["natural", "mirrored"] as const;

/**
 * How many more outputs than Dask we may keep alive. Both give 12 and 13 on these two trees,
 * depending on which end tasks are numbered from, but not for the same end.
 */
const tolerance: Readonly<Record<string, number>> = { "two trees over the same data": 1 };

/** The same graph numbered from the other end, which turns every tie. */
function numbered(name: string, numbering: (typeof numberings)[number]): Csr {
  const needs = shapes.get(name)!;
  if (numbering === "natural") return csrOf(needs);
  const last = needs.length - 1;
  return csrOf(needs.map((list) => list.map((target) => last - target)).reverse());
}

function ours(name: string, numbering: (typeof numberings)[number]): Pressure {
  const graph = numbered(name, numbering);
  return memoryPressure(graph, orderTasks(graph, undefined));
}

it("Dask was measured on these very shapes", () => {
  const drawn = [...shapes].map(([name, needs]) => [name, needs.length, needs.flat().length]);
  expect(Object.entries(dask.shapes).map(([name, s]) => [name, s.tasks, s.edges])).toEqual(drawn);
  expect(file).toBe(`dask-order-${dask.dask}.json`);
});

describe.each([...shapes.keys()])("%s", (name) => {
  it.each(numberings)("our measure of Dask's order is Dask's own, %s", (numbering) => {
    const { positions, ...figures } = dask.shapes[name]![numbering];
    const order = Int32Array.from(positions.split(" "), Number);
    const measured = memoryPressure(numbered(name, numbering), order);
    expect(measured.maxPressure).toBe(figures.maxPressure);
    expect(measured.meanPressure).toBeCloseTo(figures.meanPressure, 2);
    expect(measured.meanAge).toBeCloseTo(figures.meanAge, 2);
  });

  it.each(numberings)("no more outputs are alive at once than in Dask's order, %s", (numbering) => {
    const limit = dask.shapes[name]![numbering].maxPressure + (tolerance[name] ?? 0);
    expect(ours(name, numbering).maxPressure).toBeLessThanOrEqual(limit);
  });
});

it("docs/internals/order.md shows these figures", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/internals/order.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| .* \d/.test(line));
  const cells = rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const expected = [...shapes].map(([name, needs]) => {
    const theirs = dask.shapes[name]!;
    const [a, b] = [ours(name, "natural"), ours(name, "mirrored")];
    return [
      name,
      String(needs.length),
      both(theirs.natural.maxPressure, theirs.mirrored.maxPressure, 0),
      both(a.maxPressure, b.maxPressure, 0),
      both(theirs.natural.meanPressure, theirs.mirrored.meanPressure, 1),
      both(a.meanPressure, b.meanPressure, 1),
    ];
  });
  expect(cells).toEqual(expected);
  expect(page).toContain(`Dask ${dask.dask}`);
});

function both(natural: number, mirrored: number, digits: number): string {
  const [a, b] = [natural.toFixed(digits), mirrored.toFixed(digits)];
  return a === b ? a : `${a} / ${b}`;
}
