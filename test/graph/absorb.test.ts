import type { Absorb, Step } from "@millrace/graph";
import { absorbSteps, absorbs } from "@millrace/graph";
import { expect, it } from "vitest";

/** Adds up; swallows another of its kind that feeds only it. */
const plus = Object.assign((x: number, k: number): number => x + k, {
  [absorbs]: ((producer, consumer) => {
    const [, first] = producer.args;
    const [, second] = consumer.args;
    if (producer.fn !== consumer.fn) return undefined;
    if (first?.kind !== "literal" || second?.kind !== "literal") return undefined;
    const value = (first.value as number) + (second.value as number);
    return { fn: consumer.fn, args: [producer.args[0]!, { kind: "literal", value }] };
  }) satisfies Absorb,
});
const other = (x: number): number => x;
const add = (from: Step["args"][number], value: number): Step => ({
  fn: plus,
  args: [from, { kind: "literal", value }],
});
const input = { kind: "input", input: 0 } as const;
const step = (n: number): Step["args"][number] => ({ kind: "step", step: n });

it("a chain of steps that swallow each other is one step", () => {
  const steps = [add(input, 1), add(step(0), 2), add(step(1), 3)];
  expect(absorbSteps(steps)).toEqual([add(input, 6)]);
  // Once is enough, wherever it happens.
  expect(absorbSteps(absorbSteps(steps))).toEqual(absorbSteps(steps));
});

it("a step that two others read, or that refuses, stays", () => {
  const twice = [add(input, 1), add(step(0), 2), { fn: other, args: [step(0), step(1)] }];
  expect(absorbSteps(twice)).toEqual(twice);
  const plain: Step[] = [{ fn: other, args: [input] }, add(step(0), 1), add(step(1), 1)];
  expect(absorbSteps(plain)).toEqual([plain[0], add(step(0), 2)]);
});
