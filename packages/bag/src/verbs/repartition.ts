import type { BlockInput, RunOptions } from "@millrace/graph";
import { MaterializedLayer, compute, layerKey, parseBytes, ref, task } from "@millrace/graph";
import { checkOptionNames, checkPartitions, checkRunNames } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import { layerName } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, addCall, partitionKeys, call, input, literal } from "../partitions.ts";
import { concatBlocks } from "../steps/blocks.ts";
import type { Measured } from "../steps/repartitioning.ts";
import { joinPieces, measure, pieceOf } from "../steps/repartitioning.ts";
import { evenBoundaries } from "./from.ts";

/**
 * Exactly as many partitions as asked. To fewer: output i joins inputs `floor(i·n/m)` …
 * `floor((i+1)·n/m) - 1`; to more: input i becomes `floor((i+1)·m/n) - floor(i·m/n)` pieces, cut
 * evenly.
 */
export function repartition(
  bag: Partitions,
  options: { readonly npartitions: number },
): Partitions {
  checkOptionNames("repartition", options, ["npartitions"]);
  const count = checkPartitions("repartition", options.npartitions);
  if (count === bag.npartitions) return bag;
  return count < bag.npartitions ? toFewer(bag, count) : toMore(bag, count);
}

function toFewer(bag: Partitions, count: number): Partitions {
  const start = { times: bag.npartitions, over: count };
  const inputs: readonly BlockInput[] = [{ kind: "blocks", layer: bag.layer, start }];
  return addBlocks(bag.graph, "repartition", {
    inputs,
    steps: call(concatBlocks, input(0)),
    count,
  });
}

/** Piece p of all belongs to the last input whose pieces begin at p or before. */
function toMore({ graph, layer, npartitions }: Partitions, count: number): Partitions {
  const index = { times: npartitions, plus: npartitions - 1, over: count };
  const inputs: readonly BlockInput[] = [{ kind: "block", layer, index }, { kind: "index" }];
  const steps = call(pieceOf, input(0), input(1), literal(npartitions), literal(count));
  return addBlocks(graph, "repartition", { inputs, steps, count });
}

/** A partition to be: pieces `[input, start, end]` of inputs, in order. */
type Piece = readonly [input: number, start: number, end: number];

/** Partitions of about a size: looks at the data first. */
export async function repartitionBySize(
  bag: Partitions,
  size: number | string,
  options: RunOptions,
): Promise<Partitions> {
  checkRunNames("repartitionBySize", options, []);
  const bytesMax = parseBytes(size);
  if (!(bytesMax >= 1)) {
    throw invalidArgument("repartitionBySize", "bad size", size, "a size of 1 byte or more");
  }
  const measured = addCall(bag, "measure", measure);
  const sizes = await compute(
    {
      graph: measured.graph,
      outputKeys: partitionKeys(measured),
      finalize: (parts) => parts as Measured[],
    },
    options,
  );
  return fromPieces(bag, planPieces(sizes, bytesMax));
}

/** Cuts what is too large, at most to single elements, and packs neighbours while they fit. */
function planPieces(sizes: readonly Measured[], bytesMax: number): Piece[][] {
  const plan: Piece[][] = [];
  let room = 0;
  sizes.forEach(({ length, bytes }, input) => {
    const at = evenBoundaries(length, Math.min(length, Math.ceil(bytes / bytesMax)));
    for (let i = 0; i + 1 < at.length; i++) {
      const [start, end] = [at[i] as number, at[i + 1] as number];
      const share = (bytes * (end - start)) / length;
      if (share > room || plan.length === 0) {
        plan.push([]);
        room = bytesMax;
      }
      room -= share;
      plan.at(-1)?.push([input, start, end]);
    }
  });
  return plan.length === 0 ? [[]] : plan;
}

function fromPieces(bag: Partitions, plan: readonly (readonly Piece[])[]): Partitions {
  const { name, token } = layerName("by-size", bag.layer, plan);
  const layer = MaterializedLayer.blocks(
    name,
    plan.map((pieces) =>
      task(joinPieces, [
        pieces.map(([input]) => ref(layerKey(bag.layer, input))),
        pieces.map(([, start, end]): [number, number] => [start, end]),
      ]),
    ),
    { token },
  );
  return { graph: bag.graph.withLayer(layer), layer: name, npartitions: plan.length };
}
