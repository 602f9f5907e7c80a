import type { BlockInput } from "@millrace/graph";
import { MaterializedLayer, ref, task } from "@millrace/graph";
import { checkCallback } from "../check.ts";
import { copyData } from "../copy-data.ts";
import { asSnapshot, layerName, namePart } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, call, input } from "../partitions.ts";
import type { Initial } from "../stage/ops.ts";
import { reduceInOrder, whileWanted, withSettled } from "../stage/settled.ts";

/** What one partition hands to the next. */
interface Carry {
  readonly value: unknown;
  /** Nothing has been seen yet, and there was no initial value. */
  readonly empty: boolean;
  readonly out: readonly unknown[];
}

/** Every intermediate value of a fold over all elements; partitions run one after another. */
export function accumulate(bag: Partitions, f: unknown, given: readonly unknown[]): Partitions {
  const fn = checkCallback("accumulate", f) as Accumulate;
  const initial = given.length > 0 ? asSnapshot({ value: copyData(given[0]) }) : undefined;
  const { layer, npartitions: count } = bag;
  const { name, token } = layerName(
    "accumulate-chain",
    layer,
    count,
    ...[fn, initial].map(namePart),
  );
  const tasks = Array.from({ length: count }, (_, i) => {
    const block = ref(`${layer}/${i}`);
    return i === 0
      ? task(accumulateFirst, [block, fn, initial])
      : task(accumulateNext, [block, fn, ref(`${name}/${i - 1}`)]);
  });
  const graph = bag.graph.withLayer(MaterializedLayer.blocks(name, tasks, { token }));
  const inputs: readonly BlockInput[] = [{ kind: "block", layer: name }];
  return addBlocks(graph, "accumulate", { inputs, steps: call(outOf, input(0)), count });
}

type Accumulate = (acc: unknown, value: unknown) => unknown;

function accumulateFirst(block: readonly unknown[], fn: Accumulate, initial: Initial): unknown {
  if (initial === undefined) return run(block, fn, { value: undefined, empty: true, out: [] });
  const value = copyData(initial.value);
  return run(block, fn, { value, empty: false, out: [value] });
}

function accumulateNext(block: readonly unknown[], fn: Accumulate, before: Carry): unknown {
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

function outOf({ out }: Carry): readonly unknown[] {
  return out;
}
