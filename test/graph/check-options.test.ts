import type { Refusal, RunOptions } from "@millrace/graph";
import {
  Delayed,
  TaskGraph,
  checkCount,
  checkOptions,
  createInlineExecutor,
  cull,
  fuse,
  inline,
  progressBar,
  ref,
  sequenceTasks,
  splitOptions,
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

it("a package that checks options gives the error", () => {
  const refusal: Refusal = (api, what, got, wanted) => {
    return new RangeError(`${api} says: ${what}, ${String(got)}, ${wanted}`);
  };
  const told = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return String(error);
    }
    return "nothing";
  };
  expect([
    told(() => checkOptions("eat", { some: 1 }, ["more", "less"], refusal)),
    told(() => checkOptions("eat", { some: 1 }, [], refusal)),
    told(() => checkOptions("eat", [], [], refusal)),
    told(() => checkOptions("eat", { more: 1 }, ["more", "less"], refusal)),
    told(() => checkCount("eat", "bites", -1, 0, refusal)),
    told(() => checkCount("eat", "bites", "3", 0, refusal)),
    told(() => checkCount("eat", "bites", 2 ** 53, 0, refusal)),
    told(() => checkCount("eat", "bites", 1, 2)),
    told(() => splitOptions("eat", wrong({ some: 1 }), [], refusal)),
  ]).toMatchInlineSnapshot(`
    [
      "RangeError: eat says: no such option, some, one of more, less",
      "RangeError: eat says: no such option, some, no options",
      "RangeError: eat says: the options must be an object, , an object",
      "nothing",
      "RangeError: eat says: bad bites, -1, a whole number of 0 or more",
      "RangeError: eat says: bad bites, 3, a whole number of 0 or more",
      "RangeError: eat says: bad bites, 9007199254740992, a whole number of 0 or more",
      "GraphError: eat: bad bites, got 1, wanted a whole number of 2 or more.",
      "RangeError: eat says: no such option, some, one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers",
    ]
  `);
  expect(checkCount("eat", "bites", 3, 3, refusal)).toBe(3);
});

it("options of a verb and of its run come apart", () => {
  const options: RunOptions & { readonly bites?: number; readonly slow?: boolean } = {
    bites: 3,
    retries: 1,
    executor: "inline",
  };
  expect(splitOptions("eat", options, ["bites", "slow"])).toEqual({
    own: { bites: 3 },
    run: { retries: 1, executor: "inline" },
  });
  expect(splitOptions("eat", {}, [])).toEqual({ own: {}, run: {} });
});

/** What the type checker refuses. */
function wrong(value: unknown): RunOptions {
  return value as RunOptions;
}
