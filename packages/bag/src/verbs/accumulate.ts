import type { BlockInput, Step, TaskFunction } from "@millrace/graph";
import { MaterializedLayer, ref, task } from "@millrace/graph";
import { cloneInitial } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, checkCallback, layerName } from "../partitions.ts";
import type { Callback, Initial } from "../stage/ops.ts";
import { withSettled } from "../stage/terminals.ts";
import { initialOf, reduceInOrder } from "./fold.ts";

/** What one partition hands to the next. */
interface Carry {
  readonly value: unknown;
  /** Nothing has been seen yet, and there was no initial value. */
  readonly empty: boolean;
  readonly out: readonly unknown[];
}

/** Every intermediate value of a fold over all elements; partitions run one after another. */
export function accumulate(bag: Partitions, fn: Callback, given: readonly unknown[]): Partitions {
  checkCallback("accumulate", fn);
  const initial = given.length > 0 ? initialOf("accumulate", { initial: given[0] }) : undefined;
  const { name, token } = layerName("accumulate-chain", bag.layer, bag.npartitions, fn, initial);
  const chain = MaterializedLayer.blocks(
    name,
    Array.from({ length: bag.npartitions }, (_, i) => {
      const block = ref(`${bag.layer}/${i}`);
      return i === 0
        ? task(accumulateFirst as TaskFunction, [block, fn, initial])
        : task(accumulateNext as TaskFunction, [block, fn, ref(`${name}/${i - 1}`)]);
    }),
    { token },
  );
  const inputs: BlockInput[] = [{ kind: "block", layer: name }];
  const steps: Step[] = [{ fn: outOf as TaskFunction, args: [{ kind: "input", input: 0 }] }];
  const draft = { inputs, steps, count: bag.npartitions };
  return addBlocks(bag.graph.withLayer(chain), "accumulate", draft, "out");
}

type Accumulate = (acc: unknown, value: unknown) => unknown;

function accumulateFirst(block: readonly unknown[], fn: Accumulate, initial: Initial): unknown {
  if (initial === undefined) return run(block, fn, { value: undefined, empty: true, out: [] });
  const value = cloneInitial(initial.value);
  return run(block, fn, { value, empty: false, out: [value] });
}

function accumulateNext(block: readonly unknown[], fn: Accumulate, before: Carry): unknown {
  return run(block, fn, { ...before, out: [] });
}

function run(block: readonly unknown[], fn: Accumulate, start: Carry): unknown {
  const out = [...start.out];
  const state = { value: start.value, empty: start.empty };
  const done = reduceInOrder(block, state, (acc, item) =>
    withSettled(acc.empty ? item : fn(acc.value, item), (value) => {
      out.push(value);
      acc.value = value;
      acc.empty = false;
      return acc;
    }),
  );
  const carry = ({ value, empty }: typeof state): Carry => ({ value, empty, out });
  return done instanceof Promise ? done.then(carry) : carry(done);
}

function outOf({ out }: Carry): readonly unknown[] {
  return out;
}
