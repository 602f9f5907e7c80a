import type { LayeredGraph as Graph } from "@millrace/graph";
import { LayeredGraph, MaterializedLayer, ownFunctions, task } from "@millrace/graph";
import { plainSettings as settings } from "../messages/client-messages.ts";
import { HeldOutput } from "../messages/shipped.ts";
import type { ClientRecord } from "./client-record.ts";
import { expandGraph } from "./expand.ts";
import { ProtocolError } from "./protocol-error.ts";
import { admit, functionsOf, isHeldBy, reserve, unreserve } from "./runs.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";

/**
 * Whether outputs of a client can be shared: all are there to be held; some belong to runs that are
 * on their way in; or one is not held any more, and never will be.
 */
export type Standing = "held" | "coming" | "gone";

/** See `Standing`. */
export function standingOf(client: ClientRecord, holds: readonly HeldOutput[]): Standing {
  let standing: Standing = "held";
  for (const of of holds) {
    if (client.coming.has(of.run)) standing = "coming";
    else if (!isHeldBy(client, of)) return "gone";
  }
  return standing;
}

/** Keeps outputs of a client under a number of their own, also when the client is gone. */
export function share(
  state: SchedulerState,
  client: ClientRecord,
  number: number,
  holds: readonly HeldOutput[],
): void {
  if (standingOf(client, holds) !== "held") throw new ProtocolError("it shares what it has not");
  state.shares.set(
    number,
    holds.map((of) => reserve(client, of)),
  );
}

/** Outputs are not kept under this number any more. */
export function unshare(state: SchedulerState, number: number): void {
  const places = state.shares.get(number);
  state.shares.delete(number);
  for (const place of places ?? []) unreserve(state, place);
}

/** What is shared becomes a run of a client, with an output for each. */
export function adopt(
  state: SchedulerState,
  client: ClientRecord,
  number: number,
  shared: number,
): void {
  const places = state.shares.get(shared);
  if (places === undefined) return;
  if (client.runs.has(number) || client.coming.has(number)) {
    throw new ProtocolError(`run ${number} was submitted before`);
  }
  const graph = standFor(places.length);
  const keys = [...graph.layers.values()].flatMap((layer) =>
    Array.from(places, (_, n) => layer.keys.at(n)),
  );
  const expanded = expandGraph(graph, keys, settings);
  admit(state, client, number, {
    graph: expanded,
    settings,
    functions: functionsOf(expanded),
    placeOf: ({ output }) => places[output] as Place,
  });
}

/** A graph of tasks that stand for values of others. */
function standFor(count: number): Graph {
  const tasks = Array.from({ length: count }, (_, output) =>
    task(ownFunctions.identity, [new HeldOutput(0, output)]),
  );
  return new LayeredGraph().withLayer(MaterializedLayer.blocks("shared", tasks));
}
