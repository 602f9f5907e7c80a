import fc from "fast-check";

import type { Column } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { isFloat, isNumeric } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { AggregateName } from "../../../packages/dataframe/dist/expr/typed.js";
import { columnNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { GroupSpec } from "../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../packages/dataframe/dist/kernels/group/group-table.js";
import { columnTypes, orderableTypes, presentValues, values } from "./arbitraries.ts";
import { columnOf } from "./columns.ts";
import { interpretAggregate } from "./interpret-aggregate.ts";
import type { Value } from "./interpret-values.ts";
import { compareValues } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";

/** Rows of keys and arguments in partitions, of which some rows count. */
export interface Grouping {
  readonly spec: GroupSpec;
  readonly partitions: readonly DrawnPartition[];
}

/** One partition: all rows, and which of them count. */
export interface DrawnPartition {
  readonly keys: readonly Column[];
  readonly args: readonly (Column | undefined)[];
  readonly selection: Int32Array | undefined;
  readonly rows: readonly Row[];
}

/** What each aggregate takes. */
const argumentsOf: Readonly<Record<AggregateName, readonly DType[]>> = (() => {
  const numbers = orderableTypes.filter(isNumeric);
  const sums = [...numbers, d.bool];
  return {
    rows: [],
    count: columnTypes,
    sum: sums,
    mean: sums,
    min: orderableTypes,
    max: orderableTypes,
    nUnique: orderableTypes,
    first: columnTypes,
    last: columnTypes,
    any: [d.bool],
    all: [d.bool],
    std: numbers,
    var: numbers,
    median: numbers,
    quantile: numbers,
    approxNUnique: orderableTypes,
    approxQuantile: numbers,
  };
})();

function resultOf(fn: AggregateName, arg: DType): DType {
  switch (fn) {
    case "rows":
    case "count":
    case "nUnique":
    case "approxNUnique":
      return d.int64;
    case "min":
    case "max":
    case "first":
    case "last":
    case "any":
    case "all":
      return arg;
    case "mean":
    case "std":
    case "var":
    case "median":
    case "quantile":
    case "approxQuantile":
      return d.float64;
    case "sum": {
      if (isFloat(arg)) return d.float64;
      if (arg.kind === "decimal") return d.decimal(18, arg.scale);
      return arg.kind === "uint64" ? d.uint64 : d.int64;
    }
  }
}

const aggregateSpecs = fc
  .constantFrom(...(Object.keys(argumentsOf) as AggregateName[]))
  .chain((fn) => {
    const [q, types] = [fc.constantFrom(0, 0.25, 0.5, 0.9, 1), argumentsOf[fn]];
    const arg = types.length === 0 ? fc.constant(undefined) : fc.constantFrom(...types);
    return fc.record({ fn: fc.constant(fn), arg, params: q.map((value) => [value]) });
  });

const specs: fc.Arbitrary<GroupSpec> = fc
  .record({
    keys: fc.array(fc.constantFrom(...orderableTypes), { maxLength: 3, size: "max" }),
    aggregates: fc.array(aggregateSpecs, { maxLength: 4, size: "max" }),
  })
  .map(({ keys, aggregates }) => ({
    keys: keys.map((dtype, k) => ({ name: `k${k}`, dtype })),
    aggregates: aggregates.map(({ fn, arg, params }, k) => {
      const dtype = resultOf(fn, arg ?? d.int64);
      return { name: `a${k}`, fn, arg, params: fn.includes("uantile") ? params : [], dtype };
    }),
  }));

/** Values that are added: doubles without those that only overflow or cancel. */
function argumentValues(fn: AggregateName, dtype: DType): fc.Arbitrary<Value> {
  const adds = ["sum", "mean", "std", "var"].includes(fn);
  if (!adds || !isFloat(dtype)) return values(dtype);
  const tame = fc.integer({ min: -80_000, max: 80_000 }).map((n) => n / 8);
  return fc.oneof(
    { weight: 9, arbitrary: tame },
    fc.constantFrom(null, Number.NaN, Infinity, -Infinity, -0),
  );
}

type Pools = readonly (readonly Value[])[];

/** A few values of each key, of which those of rows are drawn: so that they repeat. */
function poolsOf({ keys }: GroupSpec): fc.Arbitrary<Pools> {
  const pools = keys.map(({ dtype }) => {
    const edges = fc.constantFrom<Value>(null, ...(isFloat(dtype) ? [-0, 0, Number.NaN] : []));
    return fc.array(fc.oneof({ weight: 3, arbitrary: presentValues(dtype) }, edges), {
      minLength: 1,
      maxLength: 5,
      size: "max",
    });
  });
  return fc.tuple(...pools);
}

function rowLists(spec: GroupSpec, pools: Pools): fc.Arbitrary<Row[]> {
  const keys = pools.map((pool) => fc.constantFrom(...pool));
  const args = spec.aggregates.map(({ fn, arg }) =>
    arg === undefined ? fc.constant(null) : argumentValues(fn, arg),
  );
  const named = [...spec.keys, ...spec.aggregates].map(({ name }) => name);
  const row = fc
    .tuple(...keys, ...args)
    .map((drawn): Row => new Map(drawn.map((value, at) => [named[at] as string, value])));
  return fc.array(row, { maxLength: 25, size: "max" });
}

const forms = fc.constantFrom("plain" as const, "encoded" as const);

function partitionsOf(spec: GroupSpec, pools: Pools): fc.Arbitrary<DrawnPartition> {
  return fc
    .tuple(
      rowLists(spec, pools),
      fc.option(fc.infiniteStream(fc.boolean()), { nil: undefined }),
      forms,
    )
    .map(([all, counts, form]) => {
      const flags = counts === undefined ? all.map(() => true) : all.map(() => counts.next().value);
      const places = [...all.keys()].filter((row) => flags[row] === true);
      const column = (name: string, dtype: DType): Column => {
        return columnOf(
          dtype,
          all.map((row) => row.get(name) ?? null),
          form,
        );
      };
      return {
        keys: spec.keys.map(({ name, dtype }) => column(name, dtype)),
        args: spec.aggregates.map(({ name, arg }) => arg && column(name, arg)),
        selection: counts === undefined ? undefined : Int32Array.from(places),
        rows: places.map((place) => all[place] as Row),
      };
    });
}

/** Random keys, aggregates and partitions. */
export const groupings: fc.Arbitrary<Grouping> = specs
  .chain((spec) => fc.tuple(fc.constant(spec), poolsOf(spec)))
  .chain(([spec, pools]) =>
    fc.record({
      spec: fc.constant(spec),
      partitions: fc.array(partitionsOf(spec, pools), { minLength: 1, maxLength: 6, size: "max" }),
    }),
  );

/** A table that has seen the rows of some partitions, in calls of a few rows each. */
export function tableOf(spec: GroupSpec, partitions: readonly DrawnPartition[]): GroupTable {
  const table = new GroupTable(spec.keys, spec.aggregates);
  for (const { keys, args, selection, rows } of partitions) {
    table.add(keys, args, selection, rows.length);
  }
  return table;
}

/** What a grouping comes to, in the plainest way: keys and results by group. */
export function groupRows({ keys, aggregates }: GroupSpec, rows: readonly Row[]): Value[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const group = groups.find(([first]) =>
      keys.every(({ name, dtype }) => sameKey(dtype, first?.get(name), row.get(name))),
    );
    if (group === undefined) groups.push([row]);
    else group.push(row);
  }
  if (keys.length === 0 && groups.length === 0) groups.push([]);
  return groups.map((group) => [
    ...keys.map(({ name }) => group[0]?.get(name) ?? null),
    ...aggregates.map(({ name, fn, arg, params, dtype }) =>
      interpretAggregate({ fn, arg: arg && columnNode(name, arg), params, dtype }, group),
    ),
  ]);
}

function sameKey(dtype: DType, a: Value = null, b: Value = null): boolean {
  return a === null || b === null ? a === b : compareValues(dtype, a, b) === 0;
}
