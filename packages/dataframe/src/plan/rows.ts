import type { Field } from "../dtype.ts";
import { dtypeText } from "../dtype-traits.ts";
import { fault, invalidArgument } from "../errors.ts";
import type { Typed } from "../expr/typed.ts";
import { checkDistinct, checkPredicate, fieldOf } from "./check.ts";
import { intern } from "./intern.ts";
import { layoutOf, renamedLayout, thinnedLayout } from "./layout.ts";
import type {
  ExplodeNode,
  FilterNode,
  Layout,
  MapNode,
  PlanNode,
  SampleNode,
  Whole,
} from "./node.ts";

/** Rows for which a predicate is true. */
export function filter(input: PlanNode, predicate: Typed, api = "filter"): FilterNode {
  checkPredicate(api, input.fields, predicate);
  const { fields } = input;
  return intern(["filter", input.token, predicate.token], (token) => {
    const layout = thinnedLayout(input.layout);
    return { kind: "filter", input, predicate, fields, layout, token };
  });
}

/** Each row with a probability, the same rows for the same seed. */
export function sample(
  input: PlanNode,
  fraction: number,
  seed: number,
  api = "sample",
): SampleNode {
  if (typeof fraction !== "number" || !(fraction >= 0 && fraction <= 1)) {
    throw invalidArgument(api, "bad fraction", fraction, "a number from 0 to 1");
  }
  if (!Number.isSafeInteger(seed)) {
    throw invalidArgument(api, "bad seed", seed, "a whole number");
  }
  const { fields } = input;
  return intern(["sample", input.token, fraction, seed], (token) => {
    const layout = thinnedLayout(input.layout);
    return { kind: "sample", input, fraction, seed, fields, layout, token };
  });
}

/** One row an item of a list; an empty list and null give one row with null. */
export function explode(input: PlanNode, column: string, api = "explode"): ExplodeNode {
  const { dtype } = fieldOf(api, input.fields, column);
  if (dtype.kind !== "list") {
    const what = `column ${JSON.stringify(column)} has no items`;
    throw fault("dataframe/type-mismatch", api, what, dtypeText(dtype), "list(…)");
  }
  const fields = input.fields.map((field) =>
    field.name === column ? { name: column, dtype: dtype.item } : field,
  );
  return intern(["explode", input.token, column], (token) => {
    const kept = input.fields.filter(({ name }) => name !== column);
    const names = new Map(kept.map(({ name }) => [name, name]));
    const layout = renamedLayout(thinnedLayout(input.layout), names);
    return { kind: "explode", input, column, fields, layout, token };
  });
}

/** What a function over partitions is told, and what it gives. */
export interface MapOptions extends Pick<MapNode, "gets" | "fn"> {
  readonly args?: readonly unknown[];
  readonly whole?: Whole | undefined;
  /** The columns that the function gives. */
  readonly fields: readonly Field[];
  /** What is known of its result; by default nothing but the number of partitions. */
  readonly layout?: Layout | undefined;
}

/** A function over each partition, which may do anything. */
export function map(input: PlanNode, options: MapOptions, api = "map"): MapNode {
  const {
    gets,
    fn,
    args = [],
    whole,
    fields,
    layout = layoutOf(input.layout.npartitions),
  } = options;
  checkDistinct(
    api,
    fields.map(({ name }) => name),
  );
  return intern(["map", input.token, gets, fn, args, whole, fields, layout], (token) => {
    return { kind: "map", input, gets, fn, args, whole, fields, layout, token };
  });
}
