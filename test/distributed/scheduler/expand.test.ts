import { LayeredGraph, MaterializedLayer, TaskGraph, ref, task } from "@millrace/graph";
import { expect, it } from "vitest";

import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";

const inc = (x: number): number => x + 1;
const settings = { ...plainSettings, optimize: true };

it("tasks of which only one says how often to retry are one: the other has what the run says", () => {
  const tasks = TaskGraph.from({
    a: task(inc, [1]),
    b: task(inc, [ref("a")], { annotations: { retries: 2, priority: -1 } }),
    c: task(inc, [ref("b")]),
  });
  const graph = new LayeredGraph().withLayer(new MaterializedLayer("tasks", tasks));
  const { size, annotations, annotation } = expandGraph(graph, ["c"], settings);
  expect(size).toBe(1);
  expect(annotations[annotation[0] as number]).toMatchObject({ retries: 2, priority: 0 });
});
