import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  TreeReduceLayer,
  blockInput,
  blockStep,
  ref,
  task,
} from "@millrace/graph";
import { expect, it, onTestFinished } from "vitest";
import { encodeGraph } from "../../../../packages/distributed/dist/codec/graph/encode-graph.js";
import { encodeValue } from "../../../../packages/distributed/dist/codec/encode-value.js";
import { plainSettings } from "../../../../packages/distributed/dist/messages/client-messages.js";
import {
  HeldOutput,
  ShippedValue,
} from "../../../../packages/distributed/dist/messages/shipped.js";
import { expandGraph } from "../../../../packages/distributed/dist/scheduler/expand.js";
import type { ExpandedGraph } from "../../../../packages/distributed/dist/scheduler/expand.js";
import type { SchedulerEvent } from "../../../../packages/distributed/dist/scheduler/scheduler-events.js";
import {
  packExpanded,
  unpackExpanded,
} from "../../../../packages/distributed/dist/scheduler/server/expanded-message.js";
import { Expanding } from "../../../../packages/distributed/dist/scheduler/server/expanding.js";
import { standIn } from "../../../../packages/distributed/dist/scheduler/stand-in.js";
import { serverLimits } from "../../../../packages/distributed/dist/scheduler/server/scheduler-server-options.js";

const fn = standIn("f0".repeat(32));
const settings = { ...plainSettings, optimize: true };

/** A layer of so many tasks and the sum of them all. */
function large(count: number): { graph: LayeredGraph; keys: string[] } {
  const inputs = [{ kind: "index" }] as const;
  const layer = new BlockwiseLayer("x", { count, inputs, steps: [blockStep(fn, blockInput(0))] });
  const sum = new TreeReduceLayer("sum", { input: "x", count, combine: { fn } });
  return {
    graph: new LayeredGraph().withLayer(layer).withLayer(sum),
    keys: ["x/0", sum.keys.at(0)],
  };
}

/** With its keys in the place of what names them. */
function plain(graph: ExpandedGraph): object {
  const keys = Array.from({ length: graph.size }, (_, t) => graph.keyOf(t));
  return { ...graph, keyOf: undefined, keys };
}

function expanding(happened: (event: SchedulerEvent) => void, limits: object = {}): Expanding {
  const made = new Expanding({ ...serverLimits, ...limits }, happened);
  onTestFinished(() => made.close());
  return made;
}

it("a graph that comes from another thread is the same", () => {
  const block = encodeValue([1, 2, 3], { shared: true });
  const shipped = new ShippedValue(block, ["f1".repeat(32)], "token");
  const tasks = new MaterializedLayer("tasks", [
    ["held", new HeldOutput(3, 4) as never],
    ["a", task(fn, [shipped as never, [1, "text", shipped as never, ref("held")]])],
    ["ключ", task(fn, [ref("a")])],
    ["both", task(fn, [ref("held"), ref("a")])],
  ]);
  const graph = new LayeredGraph().withLayer(tasks);
  for (const optimize of [false, true]) {
    for (const lookahead of [undefined, 1]) {
      const ways = { ...settings, optimize, lookahead };
      const there = expandGraph(graph, ["both", "ключ", "a", "held"], ways);
      const here = plain(expandGraph(graph, ["both", "ключ", "a", "held"], ways));
      const { message, transfer } = packExpanded(there);
      const moved = structuredClone(message, { transfer: [...transfer] });
      expect(plain(unpackExpanded(moved))).toStrictEqual(here);
    }
  }
});

it("large graphs are written out elsewhere, in the order in which they came, small ones at once", async () => {
  const events: SchedulerEvent[] = [];
  let ended = (): void => undefined;
  const all = new Promise<void>((resolve) => (ended = resolve));
  const two = expanding((event) => {
    if (events.push(event) === 3) ended();
  });
  for (const [run, count] of [100_000, 50_000, 5].entries()) {
    const { graph, keys } = large(count);
    const source = encodeGraph(graph, keys);
    two.expand({ kind: "expand", epoch: 1, run, graph, keys, settings, source });
  }
  expect(events).toMatchObject([{ kind: "expanded", run: 2 }]);
  await all;
  expect(events).toMatchObject([{ run: 2 }, { run: 0 }, { run: 1 }]);
  const { graph, keys } = large(50_000);
  const last = events[2] as Extract<SchedulerEvent, { kind: "expanded" }>;
  expect(plain(last.graph)).toStrictEqual(plain(expandGraph(graph, keys, settings)));
});

it("what is wrong with a large graph is told as it is here", async () => {
  const { graph, keys } = large(200_000);
  const source = encodeGraph(graph, keys);
  const event = await new Promise<SchedulerEvent>((resolve) => {
    const few = expanding(resolve, { tasksMax: 100_000 });
    few.expand({ kind: "expand", epoch: 1, run: 0, graph, keys, settings, source });
  });
  expect(event).toMatchObject({ kind: "not-expanded", run: 0, error: { code: "graph/too-large" } });
});
