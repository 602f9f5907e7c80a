import { Bag } from "@millrace/bag";
import type {
  DType,
  DataFrame as Frame,
  DecimalType,
  ListType,
  PlainType,
  Schema,
  TableOf,
  TimestampType,
} from "@millrace/dataframe";
import {
  DataFrame,
  bool,
  col,
  concat,
  count,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  readCsv,
  timestamp,
  utf8,
} from "@millrace/dataframe";
import type { Table } from "apache-arrow";
import { expectTypeOf, it } from "vitest";

const schema = {
  carrier: utf8,
  delay: int32,
  distance: float64,
  late: bool,
  day: date,
  at: timestamp("ms"),
  price: decimal(9, 2),
  tags: list(utf8),
} as const;
const frame = DataFrame.fromRows([], { schema });

/** For the type checker alone: nothing in it is run. */
const never = (_check: () => unknown): void => undefined;

type Plain<K extends PlainType["kind"]> = PlainType<K>;
type SchemaOf<F> = F extends Frame<infer S> ? S : never;

it("a frame knows its columns and what their values are", () => {
  never(async () => {
    expectTypeOf(frame.schema).toEqualTypeOf<typeof schema>();
    expectTypeOf(frame.columns).toEqualTypeOf<(keyof typeof schema)[]>();
    const table = await frame.compute();
    expectTypeOf(table).toEqualTypeOf<TableOf<typeof schema>>();
    expectTypeOf(table).toExtend<Table>();
    expectTypeOf(table.getChild("delay")?.get(0)).toEqualTypeOf<number | null | undefined>();
    const [row] = await frame.toRows();
    expectTypeOf(row?.carrier).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(row?.delay).toEqualTypeOf<number | null | undefined>();
    expectTypeOf(row?.late).toEqualTypeOf<boolean | null | undefined>();
    expectTypeOf(row?.day).toEqualTypeOf<Date | null | undefined>();
    expectTypeOf(row?.price).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(row?.tags).toEqualTypeOf<(string | null)[] | null | undefined>();
  });
});

it("rows without a schema give one", () => {
  never(() => {
    const inferred = DataFrame.fromRows([{ n: 1, t: "x", big: 1n, on: new Date(), l: [true] }]);
    expectTypeOf(inferred.schema.n).toEqualTypeOf<Plain<"float64">>();
    expectTypeOf(inferred.schema.t).toEqualTypeOf<Plain<"utf8">>();
    expectTypeOf(inferred.schema.big).toEqualTypeOf<Plain<"int64">>();
    expectTypeOf(inferred.schema.on).toEqualTypeOf<TimestampType<"ms">>();
    expectTypeOf(inferred.schema.l).toEqualTypeOf<ListType<Plain<"bool">>>();
  });
});

it("every verb gives the schema that comes out", () => {
  never(() => {
    expectTypeOf(frame.select("delay", "carrier").schema).toEqualTypeOf<{
      readonly carrier: Plain<"utf8">;
      readonly delay: Plain<"int32">;
    }>();
    const made = frame.select((c) => ({ z: c.delay.mul(2), d: c.delay.div(2), n: 1, p: c.price }));
    expectTypeOf(made.schema.z).toEqualTypeOf<Plain<"int32">>();
    expectTypeOf(made.schema.d).toEqualTypeOf<Plain<"float64">>();
    expectTypeOf(made.schema.n).toEqualTypeOf<Plain<"float64">>();
    expectTypeOf(made.schema.p).toEqualTypeOf<DecimalType>();
    const more = frame.withColumns((c) => ({ late: c.delay, speed: c.distance.div(c.delay) }));
    expectTypeOf(more.schema.late).toEqualTypeOf<Plain<"int32">>();
    expectTypeOf(more.schema.speed).toEqualTypeOf<Plain<"float64">>();
    expectTypeOf(more.schema.carrier).toEqualTypeOf<Plain<"utf8">>();
    expectTypeOf(frame.filter((c) => c.late).schema).toEqualTypeOf<typeof schema>();
    expectTypeOf(frame.drop("tags", "at", "day", "price", "late").schema).toEqualTypeOf<{
      readonly carrier: Plain<"utf8">;
      readonly delay: Plain<"int32">;
      readonly distance: Plain<"float64">;
    }>();
    expectTypeOf(frame.rename({ delay: "minutes" }).schema.minutes).toEqualTypeOf<Plain<"int32">>();
    expectTypeOf(frame.cast({ delay: int64 }).schema.delay).toEqualTypeOf<Plain<"int64">>();
    expectTypeOf(frame.explode("tags").schema.tags).toEqualTypeOf<Plain<"utf8">>();
    expectTypeOf(frame.valueCounts("carrier").schema).toEqualTypeOf<{
      readonly carrier: Plain<"utf8">;
      readonly count: Plain<"int64">;
    }>();
    expectTypeOf(frame.nUnique("delay").schema).toEqualTypeOf<{
      readonly delay: Plain<"int64">;
    }>();
    const groups = frame.groupBy("carrier").agg((c) => ({ n: count(), mean: c.delay.mean() }));
    expectTypeOf(groups.schema).toEqualTypeOf<{
      readonly carrier: Plain<"utf8">;
      readonly n: Plain<"int64">;
      readonly mean: Plain<"float64">;
    }>();
    expectTypeOf(frame.agg((c) => ({ last: c.carrier.last() })).schema).toEqualTypeOf<{
      readonly last: Plain<"utf8">;
    }>();
    expectTypeOf(
      frame.mapRows((row) => ({ n: row.delay }), { schema: { n: int64 } }).schema,
    ).toEqualTypeOf<{ readonly n: Plain<"int64"> }>();
    for (const same of [
      frame.sort("delay"),
      frame.topk(3, ["delay", "carrier"]),
      frame.head(),
      frame.tail(),
      frame.limit(1),
      frame.sample(0.5),
      frame.dropNulls("tags"),
      frame.fillNull({ delay: 0 }),
      frame.unique("carrier"),
      frame.repartition({ npartitions: 2 }),
      frame.shuffle({ on: "carrier" }),
      frame.partitions(0),
      frame.optimize(),
      concat([frame, frame]),
    ]) {
      expectTypeOf(same.schema).toEqualTypeOf<typeof schema>();
    }
    expectTypeOf<SchemaOf<Awaited<ReturnType<typeof frame.setIndex>>>>().toEqualTypeOf<
      typeof schema
    >();
  });
});

it("wrong names, dtypes, comparisons and options are compile errors", () => {
  never(async () => {
    // @ts-expect-error no such column
    frame.select("delays");
    // @ts-expect-error no such column
    frame.select((c) => ({ z: c.delays }));
    // @ts-expect-error no such column
    frame.sort("delays");
    // @ts-expect-error no such column
    frame.groupBy("delays");
    // @ts-expect-error no such column
    frame.drop("delays");
    // @ts-expect-error no such column
    frame.rename({ delays: "x" });
    // @ts-expect-error no such column
    frame.cast({ delays: int32 });
    // @ts-expect-error no dtype
    frame.cast({ delay: "int32" });
    // @ts-expect-error no such column
    frame.unique(["delays"]);
    // @ts-expect-error no such column
    await frame.setIndex("delays");
    // @ts-expect-error a text is no number
    frame.filter((c) => c.carrier.gt(1));
    // @ts-expect-error a number is no truth
    frame.filter((c) => c.delay);
    // @ts-expect-error texts have no sum
    frame.agg((c) => ({ s: c.carrier.sum() }));
    // @ts-expect-error only texts have a length
    frame.select((c) => ({ n: c.delay.str.length() }));
    // @ts-expect-error only days and times have a year
    frame.select((c) => ({ n: c.delay.dt.year() }));
    // @ts-expect-error no such option
    frame.sort("delay", { ascending: true });
    // @ts-expect-error no such option
    frame.groupBy("carrier").agg({ n: count() }, { split: 3 });
    // @ts-expect-error no such option
    frame.repartition({ parts: 3 });
    // @ts-expect-error no such option
    await frame.compute({ executr: "inline" });
    // @ts-expect-error the schema is needed
    frame.mapRows((row) => row, {});
    // @ts-expect-error no such column
    frame.mapRows((row) => ({ n: row.delays }), { schema: { n: int64 } });
    // @ts-expect-error other columns
    concat([frame, frame.select("delay")]);
    // @ts-expect-error no such column
    frame.pivot({ index: "carrier", columns: "days", values: "delay", categories: [1] });
    // @ts-expect-error no such option
    readCsv("*.csv", { shema: { a: int32 } });
    // @ts-expect-error no such option
    await frame.toCsv("*.csv", { mode: "clear" });
  });
});

it("loosely typed frames take any column, and functions of any frame are generic", () => {
  never(async () => {
    const loose = readCsv("*.csv");
    expectTypeOf(loose.schema).toEqualTypeOf<Schema>();
    expectTypeOf(loose.columns).toEqualTypeOf<string[]>();
    const made = loose
      .filter((c) => c["a"]!.gt(1).and(c["t"]!.str.contains("x")))
      .groupBy("k")
      .agg({ n: col("a").sum() })
      .sort("n");
    expectTypeOf(made.schema).toEqualTypeOf<Schema>();
    const first = <S extends Schema>(any: Frame<S>): Frame<S> => any.filter(col("x").gt(1)).head();
    expectTypeOf(first(frame).schema).toEqualTypeOf<typeof schema>();
    expectTypeOf<DType>().not.toBeAny();
  });
});

it("a frame of known columns is a frame of any columns", () => {
  never(async () => {
    const rowsOf = (any: Frame): Promise<object[]> => any.filter(col("x").gt(1)).head().toRows();
    const named = async (any: Frame): Promise<Frame> => (await any.setIndex("delay")).rename({});
    const several = (...all: readonly Frame[]): number => all.length;
    await rowsOf(frame);
    await named(frame);
    await rowsOf(frame.select("delay", "tags").filter((c) => c.delay.gt(1)));
    await rowsOf(frame.groupBy("carrier").agg((c) => ({ n: count(), mean: c.delay.mean() })));
    await rowsOf(frame.withColumns((c) => ({ twice: c.delay.mul(2), one: 1 })));
    await rowsOf(frame.rename({ delay: "minutes" }).cast({ minutes: int64 }).explode("tags"));
    await rowsOf(frame.valueCounts("carrier"));
    await rowsOf(DataFrame.fromRows([{ n: 1, l: [{ a: "x" }] }]));
    several(frame, frame.select("delay"), frame.head(), readCsv("*.csv"));
    const list: Frame[] = [frame, frame.select("day")];
    list.push(frame.drop("day"));
    const loose: Frame = frame;
    // @ts-expect-error nobody knows any more what it has
    const typed: typeof frame = loose;
    void typed;
    // @ts-expect-error no frame
    several([1]);
    // @ts-expect-error no such column
    frame.filter((c) => c.delays.gt(1));
    // @ts-expect-error no such column
    frame.filter(({ delays }) => delays);
    // @ts-expect-error no truth
    frame.filter(col("delay").add(1).div(2));
  });
});

it("bags become frames and frames bags", () => {
  never(async () => {
    const bag = Bag.from([{ n: 1, t: "x" }]);
    expectTypeOf(bag.toDataFrame({ n: int32 }).schema).toEqualTypeOf<{
      readonly n: Plain<"int32">;
    }>();
    const inferred = await bag.toDataFrame();
    expectTypeOf(inferred.schema.n).toEqualTypeOf<Plain<"float64">>();
    expectTypeOf(frame.select("delay").toBag()).toEqualTypeOf<Bag<{ delay: number | null }>>();
    const anything: Bag<unknown> = bag;
    expectTypeOf(anything).toEqualTypeOf<Bag<unknown>>();
  });
});
