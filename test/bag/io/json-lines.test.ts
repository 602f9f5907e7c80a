import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Bag, readJsonLines } from "@millrace/bag";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bags, partitionsOf } from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

let folders = 0;
const fresh = (): string => mkdtempSync(join(folder, `run-${folders++}-`));

describe.each(executors)("on %s", (executor) => {
  it("what toJsonLines wrote readJsonLines reads", async () => {
    const values = fc.jsonValue({ maxDepth: 2 });
    await fc.assert(
      fc.asyncProperty(bags(values), fc.constantFrom("", ".gz"), async (drawn, ending) => {
        const at = fresh();
        await drawn.bag.toJsonLines(`${at}/*.jsonl${ending}`, { executor });
        const whole = readJsonLines(`${at}/*`, { filesPerPartition: 1 });
        // Through JSON, -0 is 0.
        const expected = JSON.parse(JSON.stringify(drawn.parts)) as unknown;
        expect(await partitionsOf(whole, executor)).toStrictEqual(expected);
      }),
      { numRuns: 8 },
    );
  });
});

it("a bad line is told with its file and its number, also in a later block", async () => {
  const file = join(folder, "bad.jsonl");
  const good = Array.from({ length: 50 }, (_, n) => JSON.stringify({ n }));
  writeFileSync(file, [...good, "", "{bad", ...good].join("\n"));
  for (const options of [{}, { blockSize: 64 }, { filesPerPartition: 1 }]) {
    const reading = readJsonLines(file, options).compute();
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "bag/not-json", cause: expect.any(SyntaxError) });
    expect((error as Error).message.replace(folder, "/folder")).toBe(
      'readJsonLines: line 52 of /folder/bad.jsonl is no JSON, got "{bad", wanted one JSON text a ' +
        "line. Repair the line, or read it with readText and parse it yourself.",
    );
  }
});

it("what has no JSON text cannot be written", async () => {
  const values = { undefined, "function f": function f() {}, "Symbol(s)": Symbol("s"), "1n": 1n };
  for (const [got, value] of Object.entries(values)) {
    const writing = Bag.from([value]).toJsonLines(`${fresh()}/*.jsonl`);
    await expect(writing).rejects.toMatchObject({
      code: "bag/not-json",
      message:
        `toJsonLines: an element has no JSON text, got ${got}, wanted JSON values. ` +
        "Map to plain data first.",
    });
  }
});
