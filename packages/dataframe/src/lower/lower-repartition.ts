import type { BlockInput, TaskFunction } from "@millrace/graph";
import { MaterializedLayer, ref, task } from "@millrace/graph";
import type { Piece, RepartitionNode } from "../plan/node.ts";
import { piecesOfDivisions, piecesOfRows } from "../plan/pieces.ts";
import { balancedRows } from "../plan/recut-layout.ts";
import { joinBlocks } from "../steps/sorting.ts";
import { joinBetween, joinPieces, pieceOf } from "../steps/repartitioning.ts";
import type { Context, Partitions } from "./partitions.ts";
import { addBlocks, call, input, literal, partitionKeys } from "./partitions.ts";

/**
 * The same rows in other partitions, each a slice of one input or some slices joined. Where cuts
 * are known beforehand, a partition reads the inputs that it has rows of; where rows are not known,
 * inputs are joined whole or cut evenly.
 */
export function lowerRepartition(
  { target, input: { layout } }: RepartitionNode,
  context: Context,
  from: Partitions,
): Partitions {
  switch (target.by) {
    case "npartitions": {
      const { npartitions } = target;
      if (npartitions === from.npartitions && layout.rows === undefined) return from;
      if (layout.rows !== undefined) {
        const rows = balancedRows(layout.rows, npartitions);
        return addPieces(from, context, piecesOfRows(layout.rows, rows));
      }
      return npartitions < from.npartitions
        ? toFewer(from, context, npartitions)
        : toMore(from, context, npartitions);
    }
    case "rows":
      return addPieces(from, context, piecesOfRows(layout.rows as readonly number[], target.rows));
    case "pieces":
      return addPieces(from, context, target.pieces);
    case "divisions": {
      const pieces = piecesOfDivisions(layout.divisions ?? [], target.divisions);
      const bounds = pieces.map((of) => of.map(([, low, high]) => [low, high]));
      return addJoins(from, context, pieces, joinBetween, (i) => [layout.index, bounds[i]]);
    }
  }
}

/** Output i joins inputs `floor(i · n / m)` … `floor((i + 1) · n / m) - 1`. */
function toFewer(from: Partitions, context: Context, count: number): Partitions {
  const start = { times: from.npartitions, over: count };
  const inputs: readonly BlockInput[] = [{ kind: "blocks", layer: from.layer, start }];
  const steps = [call(joinBlocks, input(0))];
  return addBlocks(from.graph, "repartition", context, { inputs, steps, count });
}

/** Piece p of all belongs to the last input whose pieces begin at p or before. */
function toMore(from: Partitions, context: Context, count: number): Partitions {
  const { graph, layer, npartitions } = from;
  const index = { times: npartitions, plus: npartitions - 1, over: count };
  const inputs: readonly BlockInput[] = [{ kind: "block", layer, index }, { kind: "index" }];
  const steps = [call(pieceOf, input(0), input(1), literal(npartitions), literal(count))];
  return addBlocks(graph, "repartition", context, { inputs, steps, count });
}

function addPieces(
  from: Partitions,
  context: Context,
  pieces: readonly (readonly Piece[])[],
): Partitions {
  return addJoins(from, context, pieces, joinPieces, (i) => [
    pieces[i]?.map(([, start, end]) => [start, end]),
  ]);
}

/** One task a partition to be, of the inputs of its pieces and of what `rest` says. */
function addJoins(
  from: Partitions,
  { token, annotations }: Context,
  pieces: readonly (readonly (readonly [input: number, ...unknown[]])[])[],
  join: TaskFunction,
  rest: (output: number) => readonly unknown[],
): Partitions {
  const layer = `repartition-${token}`;
  const keys = partitionKeys(from);
  const tasks = pieces.map((of, output) =>
    task(join, [of.map(([n]) => ref(keys[n] as string)), ...rest(output)]),
  );
  const added = MaterializedLayer.blocks(layer, tasks, {
    token: `repartition:${token}`,
    annotations,
  });
  return { graph: from.graph.withLayer(added), layer, npartitions: pieces.length };
}
