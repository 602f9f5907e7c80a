import type { BlockInput } from "@millrace/graph";
import { MaterializedLayer, layerKey, ref, task } from "@millrace/graph";
import { checkCallback } from "../check.ts";
import { copyData } from "../copy-data.ts";
import { asSnapshot, layerName, namePart } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, call, input } from "../partitions.ts";
import { accumulateFirst, accumulateNext, outOf } from "../steps/accumulation.ts";

/** Every intermediate value of a fold over all elements; partitions run one after another. */
export function accumulate(bag: Partitions, f: unknown, given: readonly unknown[]): Partitions {
  const fn = checkCallback("accumulate", f) as (acc: unknown, value: unknown) => unknown;
  const initial = given.length > 0 ? asSnapshot({ value: copyData(given[0]) }) : undefined;
  const { layer, npartitions: count } = bag;
  const { name, token } = layerName(
    "accumulate-chain",
    layer,
    count,
    ...[fn, initial].map(namePart),
  );
  const tasks = Array.from({ length: count }, (_, i) => {
    const block = ref(layerKey(layer, i));
    return i === 0
      ? task(accumulateFirst, [block, fn, initial])
      : task(accumulateNext, [block, fn, ref(layerKey(name, i - 1))]);
  });
  const graph = bag.graph.withLayer(MaterializedLayer.blocks(name, tasks, { token }));
  const inputs: readonly BlockInput[] = [{ kind: "block", layer: name }];
  return addBlocks(graph, "accumulate", { inputs, steps: call(outOf, input(0)), count });
}
