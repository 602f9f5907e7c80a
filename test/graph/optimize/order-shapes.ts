/**
 * Example graphs for the static order: most follow a picture in Dask's own tests of its order
 * (`dask/tests/test_order.py`), drawn again here as generators, the rest are what our collections
 * build. Keys are sorted naturally (digit runs as numbers) and then replaced by their places, so
 * that task `t` is the one that rank `t` belongs to, here and in `dask-order.py`.
 *
 * Run as a program it prints all shapes as JSON, which is what `dask-order.py` reads.
 */
import { fileURLToPath } from "node:url";
import type { Csr } from "../../../packages/graph/src/optimize/order.ts";
import type { Tasks } from "./order-drawing.ts";
import { arrayShapes } from "./order-shapes-arrays.ts";
import { tableShapes } from "./order-shapes-tables.ts";

/** For each shape, the dependencies of every task. */
export function exampleShapes(): ReadonlyMap<string, readonly (readonly number[])[]> {
  const shapes = new Map<string, readonly (readonly number[])[]>();
  for (const [name, tasks] of Object.entries({ ...tableShapes, ...arrayShapes }))
    shapes.set(name, numbered(tasks()));
  return shapes;
}

export function csrOf(needs: readonly (readonly number[])[]): Csr {
  const offsets = new Int32Array(needs.length + 1);
  needs.forEach((list, task) => (offsets[task + 1] = offsets[task]! + list.length));
  return { size: needs.length, offsets, targets: Int32Array.from(needs.flat()) };
}

function numbered(tasks: Tasks): readonly (readonly number[])[] {
  const natural = new Intl.Collator("en", { numeric: true });
  const keys = Object.keys(tasks).sort((a, b) => natural.compare(a, b));
  const place = new Map(keys.map((key, n) => [key, n]));
  return keys.map((key) =>
    [...new Set(tasks[key])].map((dependency) => {
      const found = place.get(dependency);
      if (found === undefined) throw new Error(`${key} needs ${dependency}, which is not there`);
      return found;
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(Object.fromEntries(exampleShapes())));
}
