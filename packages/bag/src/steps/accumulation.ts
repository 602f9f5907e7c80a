import { declareExports } from "@millrace/closure/tasks";
import { copyData } from "../copy-data.ts";
import type { Initial } from "../stage/ops.ts";
import { reduceInOrder, whileWanted, withSettled } from "../stage/settled.ts";

/** What one partition hands to the next. */
interface Carry {
  readonly value: unknown;
  /** Nothing has been seen yet, and there was no initial value. */
  readonly empty: boolean;
  readonly out: readonly unknown[];
}

type Accumulate = (acc: unknown, value: unknown) => unknown;

/** The intermediate values of the first partition, the initial value before them. */
export function accumulateFirst(
  block: readonly unknown[],
  fn: Accumulate,
  initial: Initial,
): unknown {
  if (initial === undefined) return run(block, fn, { value: undefined, empty: true, out: [] });
  const value = copyData(initial.value);
  return run(block, fn, { value, empty: false, out: [value] });
}

/** Those of a partition that goes on where another has ended. */
export function accumulateNext(block: readonly unknown[], fn: Accumulate, before: Carry): unknown {
  return run(block, fn, { ...before, out: [] });
}

function run(block: readonly unknown[], fn: Accumulate, start: Carry): unknown {
  const out = [...start.out];
  const step = whileWanted(fn);
  const state = { value: start.value, empty: start.empty };
  const done = reduceInOrder(block, state, (acc, item) =>
    withSettled(acc.empty ? item : step(acc.value, item), (value) => {
      out.push(value);
      acc.value = value;
      acc.empty = false;
      return acc;
    }),
  );
  const carry = ({ value, empty }: typeof state): Carry => ({ value, empty, out });
  return done instanceof Promise ? done.then(carry) : carry(done);
}

/** The intermediate values alone. */
export function outOf({ out }: Carry): readonly unknown[] {
  return out;
}

declareExports(
  import.meta.url,
  { accumulateFirst, accumulateNext, outOf },
  { package: "@millrace/bag" },
);
