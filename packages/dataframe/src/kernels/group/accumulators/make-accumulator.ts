import type { DType } from "../../../dtype.ts";
import { isText } from "../../../dtype-traits.ts";
import type { AggregateSpec } from "../aggregate-spec.ts";
import type { Accumulator } from "./accumulator.ts";
import { Count } from "./count.ts";
import { DistinctPairs } from "./distinct-pairs.ts";
import type { End } from "./extreme.ts";
import { Extreme } from "./extreme.ts";
import { Mean } from "./mean.ts";
import { Pick } from "./pick.ts";
import type { Place } from "./pick.ts";
import { PickRows } from "./pick-rows.ts";
import { Quantile } from "./quantile.ts";
import { Registers } from "./registers.ts";
import { Spread } from "./spread.ts";
import { Sum } from "./sum.ts";
import { TextExtreme } from "./text-extreme.ts";
import { Digests } from "./digests.ts";

/** What an aggregate needs to be worked out. */
export function makeAccumulator(spec: AggregateSpec): Accumulator {
  const { fn, params } = spec;
  const [q = 0.5] = params;
  const dtype = spec.arg ?? spec.dtype;
  switch (fn) {
    case "rows":
    case "count":
      return new Count();
    case "sum":
      return new Sum(spec);
    case "mean":
      return new Mean(dtype);
    case "min":
    case "max":
      return makeExtreme(dtype, fn);
    // True is 1 and false 0, so any is the greatest of them, and all the least.
    case "any":
      return new Extreme(dtype, "max");
    case "all":
      return new Extreme(dtype, "min");
    case "first":
    case "last":
      return makePick(dtype, fn);
    case "nUnique":
      return new DistinctPairs(dtype);
    case "std":
      return new Spread(dtype, true);
    case "var":
      return new Spread(dtype, false);
    case "median":
    case "quantile":
      return new Quantile(dtype, q);
    case "approxNUnique":
      return new Registers();
    case "approxQuantile":
      return new Digests(dtype, q);
  }
}

function makeExtreme(dtype: DType, end: End): Accumulator {
  return isText(dtype) ? new TextExtreme(dtype, end) : new Extreme(dtype, end);
}

function makePick(dtype: DType, place: Place): Accumulator {
  const isFixed = !isText(dtype) && dtype.kind !== "list" && dtype.kind !== "struct";
  return isFixed ? new Pick(dtype, place) : new PickRows(dtype, place);
}
