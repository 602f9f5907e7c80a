import {
  Delayed,
  TaskGraph,
  createInlineExecutor,
  cull,
  fuse,
  inline,
  progressBar,
  ref,
  sequenceTasks,
  task,
  visualize,
} from "@millrace/graph";
import { expect, it } from "vitest";

const graph = TaskGraph.from({
  a: task((x: number) => x, [1]),
  b: task((x: number) => x, [ref("a")]),
});
const misspelt = { maxwidth: 3 } as never;

it.each([
  ["fuse", () => fuse(graph, ["b"], misspelt)],
  ["inline", () => inline(graph, ["b"], misspelt)],
  ["visualize", () => visualize(Delayed.value(1), misspelt)],
  ["createInlineExecutor", () => createInlineExecutor(misspelt)],
  ["progressBar", () => progressBar(misspelt)],
  ["task", () => task(() => 1, [], misspelt)],
  ["Delayed.call", () => Delayed.call(() => 1, [], misspelt)],
  ["Delayed.call", () => Delayed.value(1, misspelt)],
  ["sequenceTasks", () => sequenceTasks(graph.core, Int32Array.of(1), misspelt)],
])("%s refuses an option that does not exist with those that do", (name, act) => {
  expect(act).toThrow(`${name}: no such option, got "maxwidth", wanted one of `);
});

it("options that are none at all are refused", () => {
  expect(() => fuse(graph, ["b"], null as never)).toThrow(
    "the options must be an object, got null",
  );
  expect(() => fuse(graph, ["b"], 3 as never)).toThrow("the options must be an object, got 3");
});

it("inline refuses keys to copy that are not there, also when they were copied before", () => {
  const once = inline(graph, ["b"], { only: ["a"] });
  expect(once.keys()).toEqual(["b"]);
  expect(() => inline(once, ["b"], { only: ["a"] })).toThrow(
    'inline: no such key, got "a", wanted one of "b".',
  );
  const only = (key: string): boolean => key === "a";
  expect(inline(once, ["b"], { only })).toBe(once);
  expect(() => cull(graph, ["c"])).toThrow('cull: no such key, got "c"');
});
