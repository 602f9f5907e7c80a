import { Bag } from "@millrace/bag";
import type { Bench } from "./bench.ts";
import { compareCases } from "./measure.ts";

type Parameters = { readonly length: number; readonly repeats: number };

const isEven = (n: number): boolean => n % 2 === 0;
const thrice = (n: number): number => n * 3;

/** Bags are built once and computed several times, as their baselines are compiled once. */
export const bench: Bench<Parameters> = {
  name: "bag-filter-map-sum",
  question: "What does a filter-map-sum over numbers cost as a Bag, next to a hand-written loop?",
  parameters: {
    small: { length: 100_000, repeats: 3 },
    full: { length: 10_000_000, repeats: 21 },
  },
  run: async ({ length, repeats }) => {
    const numbers = Array.from({ length }, (_, i) => i);
    const answers = new Set<number>();
    const range = Bag.range(length).filter(isEven).map(thrice).sum();
    const held = Bag.from(numbers);
    const list = held.filter(isEven).map(thrice).sum();
    const overRange = await compareCases(
      {
        "range: hand-written loop": () => answers.add(sumOfRange(length)),
        "range: Bag": async () => answers.add(await range.compute({ executor: "inline" })),
      },
      { repeats, warmups: 3 },
    );
    const overArray = await compareCases(
      {
        "array: hand-written loop": () => answers.add(sumOfArray(numbers)),
        "array: Bag": async () => answers.add(await list.compute({ executor: "inline" })),
        "array: Bag, callbacks new": async () => {
          const sum = held
            .filter((n) => n % 2 === 0)
            .map((n) => n * 3)
            .sum();
          answers.add(await sum.compute({ executor: "inline" }));
        },
        "array: methods of Array": () =>
          answers.add(
            numbers
              .filter(isEven)
              .map(thrice)
              .reduce((a, b) => a + b, 0),
          ),
      },
      { repeats, warmups: 3 },
    );
    if (answers.size !== 1) throw new Error(`the ways disagree: ${[...answers].join(" ")}`);
    return { rows: [...overRange, ...overArray], answer: [...answers].join() };
  },
};

function sumOfRange(length: number): number {
  let sum = 0;
  for (let n = 0; n < length; n++) if (n % 2 === 0) sum += n * 3;
  return sum;
}

function sumOfArray(numbers: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i] as number;
    if (n % 2 === 0) sum += n * 3;
  }
  return sum;
}
