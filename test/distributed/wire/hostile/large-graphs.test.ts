import {
  BlockwiseLayer,
  LayeredGraph,
  TreeReduceLayer,
  blockInput,
  blockStep,
} from "@millrace/graph";
import { expect, test } from "vitest";
import { plainSettings } from "../../../../packages/distributed/dist/messages/client-messages.js";
import { standIn } from "../../../../packages/distributed/dist/scheduler/stand-in.js";
import { until } from "../../../cluster/lib/until.ts";
import { Attacked } from "./attacked.ts";

const attacked = new Attacked();
const code = { name: "f0".repeat(32), bytes: new Uint8Array([1, 2, 3]) };
const fn = standIn(code.name);

/** So many tasks, and a tree that reduces them. */
function tree(count: number): LayeredGraph {
  const inputs = [{ kind: "index" }] as const;
  const steps = [blockStep(fn, blockInput(0))];
  return new LayeredGraph()
    .withLayer(new BlockwiseLayer("x", { count, inputs, steps }))
    .withLayer(new TreeReduceLayer("s", { input: "x", count, combine: { fn } }));
}

test.each([
  ["workers that are not there", "nobody"],
  ["one that is", "innocent"],
])("a graph of many tasks that ask for %s keeps nobody waiting", async (_, worker) => {
  const peer = await attacked.welcome("client");
  const before = peer.received.length;
  const settings = { ...plainSettings, optimize: true, workers: [worker] };
  const graph = { graph: tree(400_000), keys: ["s/0"], functions: [code], holds: [] };
  peer.fromClient({ kind: "submit", run: 0, ...graph, settings });
  let rounds = 0;
  await until(
    "the graph is taken in",
    async () => {
      await attacked.innocentWork();
      rounds++;
      return peer.received.subarray(before).toString("latin1").includes("accepted");
    },
    60_000,
  );
  expect(rounds).toBeGreaterThan(1);
});
