import { capture, revive } from "@millrace/closure";
import { tokenize } from "@millrace/graph";
import { List, Map as ImmutableMap, OrderedSet, is } from "immutable";
import { expect, it } from "vitest";

it("persistent collections travel inside functions, nested ones too", async () => {
  const scores = ImmutableMap([
    ["a", List([1, 2])],
    ["b", List<number>()],
  ]);
  const read = await revive<(name: string) => unknown>(capture((name: string) => scores.get(name)));
  expect(is(read("a"), List([1, 2]))).toBe(true);
  const tags = OrderedSet(["z", "a"]);
  const order = await revive<() => string[]>(capture(() => [...tags]));
  expect(order()).toEqual(["z", "a"]);
});

it("persistent collections have a token by content", () => {
  expect(tokenize(List([1, 2]))).toBe(tokenize(List([1, 2])));
  expect(tokenize(List([1, 2]))).not.toBe(tokenize(List([2, 1])));
});
