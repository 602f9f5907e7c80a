import type { DataFrame, Schema, SortOptions } from "@millrace/dataframe";
import * as d from "@millrace/dataframe";

import type { Choices } from "./plan-expressions.ts";
import { aggregate, namesOf, orderable, predicate, value } from "./query-expressions.ts";

/** A frame, and whether its rows have an order that does not depend on how they were cut. */
export interface Answer {
  readonly frame: d.DataFrame;
  readonly isOrdered: boolean;
}

/** One verb more; undefined where the frame has no columns for it, or no order. */
type Verb = (choices: Choices, answer: Answer) => Answer | undefined;

/** A verb that keeps the order of rows, if there is one. */
function keeping(verb: (choices: Choices, frame: d.DataFrame) => d.DataFrame | undefined): Verb {
  return (choices, { frame, isOrdered }) => {
    const result = verb(choices, frame);
    return result && { frame: result, isOrdered };
  };
}

/** A verb whose result depends on the order of rows. */
function ordered(verb: Verb): Verb {
  return (choices, answer) => (answer.isOrdered ? verb(choices, answer) : undefined);
}

/** Verbs of users with what they may be given; one that comes twice comes more often. */
export const verbs: readonly Verb[] = [
  keeping((choices, frame) => frame.filter(predicate(choices, frame))),
  keeping((choices, frame) => frame.filter(predicate(choices, frame))),
  keeping((choices, frame) => frame.select(...choices.subset(frame.columns))),
  keeping((choices, frame) =>
    loose(frame.select({ z: value(choices, frame), "y y": value(choices, frame) })),
  ),
  keeping((choices, frame) =>
    frame.withColumns({ [choices.oneOf(["z", "k", "1"])]: value(choices, frame) }),
  ),
  keeping((choices, frame) =>
    frame.columns.length < 2 ? undefined : frame.drop(choices.oneOf(frame.columns)),
  ),
  keeping((choices, frame) => {
    const name = choices.oneOf(frame.columns);
    return frame.columns.includes("new name") ? undefined : frame.rename({ [name]: "new name" });
  }),
  keeping((choices, frame) => frame.dropNulls(choices.oneOf(frame.columns))),
  keeping((choices, frame) => {
    const texts = namesOf(frame, (dtype) => dtype.kind === "utf8" || dtype.kind === "dictionary");
    return texts.length === 0 ? undefined : frame.fillNull({ [choices.oneOf(texts)]: "filled" });
  }),
  keeping((choices, frame) => {
    const name = namesOf(frame, ({ kind }) => kind === "int32" || kind === "bool")[0];
    return name === undefined
      ? undefined
      : frame.cast({ [name]: choices.oneOf([d.int64, d.utf8]) });
  }),
  keeping((choices, frame) => {
    const name = namesOf(frame, ({ kind }) => kind === "list")[0];
    return name === undefined ? undefined : frame.explode(name);
  }),
  keeping((choices, frame) => frame.repartition({ npartitions: 1 + choices.below(5) })),
  keeping((choices, frame) => d.concat([frame, frame.filter(predicate(choices, frame))])),
  ordered((choices, { frame }) => {
    const names = orderable(frame);
    return names.length === 0
      ? undefined
      : { frame: frame.unique(choices.subset(names)), isOrdered: true };
  }),
  (choices, { frame, isOrdered }) => sorted(choices, frame, isOrdered),
  (choices, { frame, isOrdered }) => sorted(choices, frame, isOrdered),
  ordered((choices, { frame }) => {
    const names = orderable(frame);
    if (names.length === 0) return undefined;
    const by = choices.subset(names).slice(0, 2);
    return { frame: frame.topk(choices.below(6), by, order(choices)), isOrdered: true };
  }),
  ordered((choices, { frame }) => ({ frame: frame.head(choices.below(9)), isOrdered: true })),
  ordered((choices, { frame }) => ({ frame: frame.tail(choices.below(9)), isOrdered: true })),
  (choices, { frame, isOrdered }) => grouped(choices, frame, isOrdered),
  (choices, { frame, isOrdered }) => grouped(choices, frame, isOrdered),
  (choices, { frame, isOrdered }) => ({
    frame: loose(frame.agg({ rows: d.count(), one: aggregate(choices, frame, isOrdered) })),
    isOrdered: true,
  }),
  keeping((choices, frame) => {
    const names = orderable(frame).filter((name) => name !== "count");
    return names.length === 0 ? undefined : frame.valueCounts(choices.oneOf(names));
  }),
  (choices, { frame }) => {
    const names = orderable(frame);
    if (names.length === 0) return undefined;
    return { frame: loose(frame.nUnique(choices.oneOf(names))), isOrdered: true };
  },
  (choices, { frame }) => {
    const names = orderable(frame);
    if (names.length === 0) return undefined;
    const on = choices.subset(names).slice(0, 2);
    return { frame: frame.shuffle({ on, npartitions: 1 + choices.below(4) }), isOrdered: false };
  },
];

function sorted(choices: Choices, frame: d.DataFrame, isOrdered: boolean): Answer | undefined {
  const names = orderable(frame);
  if (names.length === 0) return undefined;
  const by = choices.subset(names).slice(0, 1 + choices.below(3));
  return { frame: frame.sort(by, order(choices)), isOrdered };
}

function order(choices: Choices): SortOptions {
  return { descending: choices.below(2) === 0, nulls: choices.oneOf(["last", "first"]) };
}

function grouped(choices: Choices, frame: d.DataFrame, isOrdered: boolean): Answer | undefined {
  const names = orderable(frame);
  if (names.length === 0) return undefined;
  const keys = choices.subset(names.filter((name) => !name.startsWith("g "))).slice(0, 2);
  if (keys[0] === undefined) return undefined;
  const splitOut = choices.oneOf([1, 1, 2]);
  const cells = { "g 1": aggregate(choices, frame, isOrdered), "g 2": d.count().add(1n) };
  const result = frame.groupBy(...keys).agg(cells, { splitOut, splitEvery: choices.oneOf([2, 8]) });
  return { frame: result, isOrdered: isOrdered && splitOut === 1 };
}

/** The same frame, its columns unknown to the type checker. */
function loose<S extends Schema>(frame: DataFrame<S>): DataFrame {
  return frame as unknown as DataFrame;
}
