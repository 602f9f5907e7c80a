import { expectTypeOf, it } from "vitest";

import type {
  DType,
  DecimalType,
  ListType,
  PlainType,
  Schema,
  StructType,
  TimestampType,
} from "../../../packages/dataframe/dist/dtype.js";
import { float64, int32, timestamp, utf8 } from "../../../packages/dataframe/dist/dtype.js";
import { coalesce, col, count, lit } from "../../../packages/dataframe/dist/expr/col.js";
import type { Columns } from "../../../packages/dataframe/dist/expr/columns.js";
import type { Expr } from "../../../packages/dataframe/dist/expr/expr.js";
import type {
  BoolType,
  DTypeOf,
  UnknownType,
} from "../../../packages/dataframe/dist/expr/result-type.js";
import { when } from "../../../packages/dataframe/dist/expr/when.js";

type Plain<K extends DType["kind"]> = K extends PlainType["kind"] ? PlainType<K> : never;

interface Flights {
  readonly carrier: Plain<"dictionary">;
  readonly name: Plain<"utf8">;
  readonly tiny: Plain<"int8">;
  readonly delay: Plain<"int32">;
  readonly id: Plain<"int64">;
  readonly big: Plain<"uint64">;
  readonly far: Plain<"uint32">;
  readonly distance: Plain<"float64">;
  readonly ratio: Plain<"float32">;
  readonly price: DecimalType;
  readonly late: BoolType;
  readonly day: Plain<"date">;
  readonly at: TimestampType<"us">;
  readonly tags: ListType<Plain<"utf8">>;
  readonly place: StructType<{ readonly x: Plain<"float64"> }>;
  readonly then: Plain<"int32">;
  readonly "a b": Plain<"utf8">;
  readonly [name: symbol]: never;
}

type F = Pick<Flights, Extract<keyof Flights, string>>;

/** For the type checker alone: nothing in it is run. */
const never = (_check: (c: Columns<F>) => void): void => undefined;

type E<K extends DType["kind"]> = Expr<Plain<K>>;

it("calculations have the common dtype", () => {
  never((c) => {
    expectTypeOf(c.delay.add(c.delay)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.delay.add(c.far)).toEqualTypeOf<E<"int64">>();
    expectTypeOf(c.tiny.add(c.ratio)).toEqualTypeOf<E<"float32">>();
    expectTypeOf(c.delay.add(c.ratio)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.id.mul(c.price)).toEqualTypeOf<Expr<DecimalType>>();
    expectTypeOf(c.price.mul(c.distance)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.delay.div(c.delay)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.tiny.neg().abs().round(2)).toEqualTypeOf<E<"int8">>();
    expectTypeOf(c.delay.sqrt().pow(2)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.then.add(c.then)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c["a b"].str.lower()).toEqualTypeOf<E<"utf8">>();
  });
});

it("constants adapt where they surely fit", () => {
  never((c) => {
    expectTypeOf(c.delay.add(15)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.delay.add(-15)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.delay.add(15n)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.delay.add(lit(15))).toEqualTypeOf<E<"int32">>();
    expectTypeOf(lit(15).add(c.delay)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(lit(15).add(1)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(lit(15n).add(1n)).toEqualTypeOf<E<"int64">>();
    expectTypeOf(c.delay.add(1.5)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.tiny.add(1000)).toEqualTypeOf<Expr<Plain<"int8"> | Plain<"float64">>>();
    const n: number = 3;
    expectTypeOf(c.delay.add(n)).toEqualTypeOf<Expr<Plain<"int32"> | Plain<"float64">>>();
    expectTypeOf(c.distance.add(n)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.delay.add(null)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.price.add("1.50")).toEqualTypeOf<Expr<DecimalType>>();
    expectTypeOf(lit(5, int32)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(lit(null, utf8)).toEqualTypeOf<E<"utf8">>();
    // @ts-expect-error null alone has no dtype
    lit(null);
    // @ts-expect-error a text is no number
    c.delay.add("1");
    // @ts-expect-error no whole number holds both
    c.delay.add(c.big);
    // @ts-expect-error no whole number holds both
    c.big.eq(c.id);
    expectTypeOf(c.big.add(c.far)).toEqualTypeOf<E<"uint64">>();
    expectTypeOf(c.big.add(c.distance)).toEqualTypeOf<E<"float64">>();
  });
});

it("methods that a dtype has no use for do not compile", () => {
  never((c) => {
    // @ts-expect-error a text cannot be added
    c.name.add(1);
    // @ts-expect-error a number has no letters
    c.delay.str.lower();
    // @ts-expect-error a text has no year
    c.name.dt.year();
    // @ts-expect-error a date has no hour
    c.day.dt.hour();
    // @ts-expect-error a date is not cut to hours
    c.day.dt.truncate("hour");
    // @ts-expect-error no such unit
    c.at.dt.truncate("hours");
    // @ts-expect-error a number is not true
    c.delay.and(c.late);
    // @ts-expect-error a number is not true
    c.late.and(c.delay);
    // @ts-expect-error a text has no sum
    c.name.sum();
    // @ts-expect-error a list has no order
    c.tags.max();
    // @ts-expect-error a struct is not compared
    c.place.eq(c.place);
    // @ts-expect-error expressions have no operators
    void (c.delay > 5);
    // @ts-expect-error no such column
    void c.dealy;
  });
});

it("comparing with a wrong dtype does not compile", () => {
  never((c) => {
    expectTypeOf(c.delay.gt(15)).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(c.delay.gt(c.distance)).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(c.carrier.eq(c.name)).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(c.day.lt(c.at)).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(c.day.between(new Date(0), null)).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(c.carrier.isIn(["AA", "UA"])).toEqualTypeOf<Expr<BoolType>>();
    // @ts-expect-error a text beside a number
    c.delay.gt("15");
    // @ts-expect-error a number beside a text
    c.name.eq(5);
    // @ts-expect-error a column of numbers beside a text
    c.name.eq(c.delay);
    // @ts-expect-error a text beside a day
    c.day.gt("2024-01-01");
    // @ts-expect-error a number among texts
    c.carrier.isIn(["AA", 5]);
    // @ts-expect-error null is equal to nothing
    c.carrier.isIn([null]);
    // @ts-expect-error a bound that is a text
    c.delay.between(1, "5");
  });
});

it("choices have the dtype of all their branches", () => {
  never((c) => {
    expectTypeOf(when(c.late).then(1).otherwise(c.delay)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(when(c.late).then(1).otherwise(0)).toEqualTypeOf<E<"float64">>();
    expectTypeOf(when(c.late).then(null).otherwise(c.name)).toEqualTypeOf<E<"utf8">>();
    const chain = when(c.late).then("a").when(c.delay.gt(1)).then(null).otherwise(c.carrier);
    expectTypeOf(chain).toEqualTypeOf<E<"dictionary">>();
    expectTypeOf(coalesce(c.delay, c.far, 0)).toEqualTypeOf<E<"int64">>();
    expectTypeOf(c.delay.fillNull(0)).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.tags.fillNull(c.tags)).toEqualTypeOf<Expr<F["tags"]>>();
    expectTypeOf(c.carrier.fillNull(c.name)).toEqualTypeOf<E<"utf8">>();
    // @ts-expect-error a number is no condition
    when(c.delay);
    // @ts-expect-error a number beside a text
    when(c.late).then("a").otherwise(5);
    // @ts-expect-error a number beside a text
    coalesce(c.name, 5);
    // @ts-expect-error a text in place of a number
    c.delay.fillNull("none");
  });
});

it("casts, functions and aggregates know their dtype", () => {
  never((c) => {
    expectTypeOf(c.name.cast(float64, { strict: false })).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.id.cast(timestamp("ms"))).toEqualTypeOf<Expr<TimestampType<"ms">>>();
    expectTypeOf(c.name.str.split(",")).toEqualTypeOf<Expr<ListType<Plain<"utf8">>>>();
    expectTypeOf(c.carrier.str.length()).toEqualTypeOf<E<"int32">>();
    expectTypeOf(c.at.dt.truncate("hour")).toEqualTypeOf<Expr<TimestampType<"us">>>();
    expectTypeOf(c.day.dt.truncate("month")).toEqualTypeOf<E<"date">>();
    expectTypeOf(c.tiny.sum()).toEqualTypeOf<E<"int64">>();
    expectTypeOf(c.big.sum()).toEqualTypeOf<E<"uint64">>();
    expectTypeOf(c.ratio.sum()).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.late.sum()).toEqualTypeOf<E<"int64">>();
    expectTypeOf(c.price.sum()).toEqualTypeOf<Expr<DecimalType>>();
    expectTypeOf(c.at.max()).toEqualTypeOf<Expr<TimestampType<"us">>>();
    expectTypeOf(c.tags.first()).toEqualTypeOf<Expr<F["tags"]>>();
    expectTypeOf(c.delay.sum().div(count())).toEqualTypeOf<E<"float64">>();
    expectTypeOf(c.delay.alias("x").add(1)).toEqualTypeOf<E<"int32">>();
    // @ts-expect-error no such option
    c.name.cast(float64, { lax: true });
    // @ts-expect-error a name is no dtype
    c.name.cast("float64");
  });
});

it("columns of unknown dtype go everywhere and take everything", () => {
  type Loose = Expr<UnknownType>;
  never((c) => {
    expectTypeOf(col("x")).toEqualTypeOf<Loose>();
    expectTypeOf(col("x").add(1).mul(c.delay)).toEqualTypeOf<Loose>();
    expectTypeOf(c.delay.add(col("x"))).toEqualTypeOf<Loose>();
    expectTypeOf(c.delay.gt(col("x"))).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(col("x").eq("a").and(col("y"))).toEqualTypeOf<Expr<BoolType>>();
    expectTypeOf(col("x").str.lower()).toEqualTypeOf<E<"utf8">>();
    expectTypeOf(col("x").dt.truncate("hour")).toEqualTypeOf<Loose>();
    expectTypeOf(col("x").sum()).toEqualTypeOf<Loose>();
    expectTypeOf(coalesce(col("x"), 5)).toEqualTypeOf<Loose>();
    expectTypeOf(when(col("p")).then(col("x")).otherwise("a")).toEqualTypeOf<Loose>();
    expectTypeOf(col("x").fillNull(5)).toEqualTypeOf<Loose>();
  });
  type OfAny = Columns<Schema>["anything"];
  expectTypeOf<OfAny>().toEqualTypeOf<Loose>();
});

it("an expression tells the dtype of the column that it makes", () => {
  expectTypeOf<DTypeOf<E<"int32">>>().toEqualTypeOf<Plain<"int32">>();
  expectTypeOf<DTypeOf<Expr<UnknownType>>>().toEqualTypeOf<DType>();
  expectTypeOf<DTypeOf<5>>().toEqualTypeOf<Plain<"float64">>();
  const five = lit(5);
  expectTypeOf<DTypeOf<typeof five>>().toEqualTypeOf<Plain<"float64">>();
});

it("an expression of one dtype is none of another, but one of any", () => {
  never((c) => {
    expectTypeOf(c.delay).toExtend<Expr<DType>>();
    expectTypeOf(c.delay).toExtend<Expr>();
    expectTypeOf(c.delay).not.toExtend<E<"utf8">>();
    expectTypeOf(c.delay).not.toExtend<Expr<UnknownType>>();
    expectTypeOf(col("x")).toExtend<E<"utf8">>();
  });
});
