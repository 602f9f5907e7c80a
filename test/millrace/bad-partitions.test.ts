import { Bag, DataFrame, readText } from "millrace";
import { expect, it } from "vitest";

const bag = Bag.range(10, { npartitions: 2 });
const frame = DataFrame.fromRows([{ a: 1 }, { a: 2 }], { npartitions: 2 });

/** Every way in which somebody can say how many partitions there shall be. */
const ways: Readonly<Record<string, (npartitions: number) => unknown>> = {
  "Bag.from": (npartitions) => Bag.from([1, 2], { npartitions }),
  "Bag.range": (npartitions) => Bag.range(10, { npartitions }),
  "Bag.repartition": (npartitions) => bag.repartition({ npartitions }),
  "Bag.groupBy": (npartitions) => bag.groupBy((n) => n % 2, { npartitions }),
  "DataFrame.fromRows": (npartitions) => DataFrame.fromRows([{ a: 1 }], { npartitions }),
  "DataFrame.repartition": (npartitions) => frame.repartition({ npartitions }),
  "DataFrame.shuffle": (npartitions) => frame.shuffle({ on: "a", npartitions }),
};

// Input 23 of docs/internals/bad-inputs.md.
it.each(Object.entries(ways))("%s refuses a number of partitions that is none", (_, make) => {
  for (const npartitions of [0, -1, 1.5, NaN, Infinity, 1e9, "2" as never]) {
    expect(() => make(npartitions)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^(bag|dataframe)\/invalid-argument$/) as string,
        message: expect.stringContaining("npartitions") as string,
      }),
    );
  }
});

// Input 24.
it.each(["4 bananas", "-1GB", "1e999", "", "GB"])("the size %s is refused", async (size) => {
  const refused = { message: expect.stringMatching(/not a size|bad blockSize/) as string };
  expect(() => readText("/dev/null", { blockSize: size })).toThrow(
    expect.objectContaining(refused),
  );
  await expect(bag.repartitionBySize(size)).rejects.toMatchObject(refused);
});
