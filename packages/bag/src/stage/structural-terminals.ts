import { copyData } from "../copy-data.ts";
import type { Folded } from "./folded.ts";
import { foldOn, foldedPairs } from "./folded.ts";
import type { Callback, Initial, KeyOf, StructuralOp } from "./ops.ts";
import { withSettled } from "./settled.ts";
import { StructuralMap } from "./structural-map.ts";
import type { Terminal } from "./terminals.ts";
import { keyCall } from "./terminals.ts";

/** Builds the terminal that an operation names. */
export function structuralTerminal(op: StructuralOp): Terminal {
  switch (op.kind) {
    case "frequencies":
      return frequencies;
    case "distinct":
      return distinct(op.key);
    case "fold":
      return fold(op.fn, op.initial);
    case "foldBy":
      return foldBy(op.key, op.fn, op.initial);
  }
}

const frequencies: Terminal = {
  init: () => new StructuralMap<number>(),
  step(acc, value) {
    const counts = acc as StructuralMap<number>;
    const entry = counts.find(value);
    if (entry === undefined) counts.add(value, 1);
    else entry.value++;
    return counts;
  },
  finish: (acc) => (acc as StructuralMap<number>).pairs(),
};

function distinct(key: KeyOf | undefined): Terminal {
  return {
    init: () => new StructuralMap<unknown>(),
    key: keyCall(key),
    step(acc, value, own) {
      const seen = acc as StructuralMap<unknown>;
      if (seen.find(own) === undefined) seen.add(own, value);
      return seen;
    },
    // The keys go along: they need not be called for again when parts are joined.
    finish: (acc) => (acc as StructuralMap<unknown>).pairs(),
  };
}

/** What a fold made of a partition: nothing of no elements, or one value. */
export type FoldPart = readonly [] | readonly [value: unknown];

/** A partition without elements stays empty: its initial value would be one too many. */
function fold(fn: Callback, initial: Initial): Terminal {
  const step = fn as (acc: unknown, value: unknown) => unknown;
  const start = startOf(initial);
  return {
    init: () => undefined,
    step(acc, value) {
      const folded = (acc as Folded | undefined) ?? start();
      return folded === undefined
        ? { value, isOwn: false }
        : foldOn(folded, (own) => step(own, value));
    },
    finish: (acc) => (acc === undefined ? [] : [(acc as Folded).value]),
  };
}

function foldBy(key: KeyOf, fn: Callback, initial: Initial): Terminal {
  const step = fn as (acc: unknown, value: unknown) => unknown;
  const start = startOf(initial);
  return {
    init: () => new StructuralMap<Folded>(),
    key: keyCall(key),
    step(acc, value, own) {
      const groups = acc as StructuralMap<Folded>;
      const entry = groups.find(own);
      const folded = entry?.value ?? start();
      if (folded === undefined) {
        groups.add(own, { value, isOwn: false });
        return groups;
      }
      return withSettled(
        foldOn(folded, (before) => step(before, value)),
        () => {
          if (entry === undefined) groups.add(own, folded);
          return groups;
        },
      );
    },
    finish: (acc) => foldedPairs(acc as StructuralMap<Folded>),
  };
}

/** Where a fold starts: at a copy of the initial value, or nowhere when there is none. */
function startOf(initial: Initial): () => Folded | undefined {
  if (initial === undefined) return () => undefined;
  return () => ({ value: copyData(initial.value), isOwn: true });
}
