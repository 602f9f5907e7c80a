import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import type { BenchResult } from "../../bench/bench.ts";
import { filesUnder, read, root } from "../lib/workspace.ts";

const names = filesUnder("bench", [".bench.ts"]).map((path) => path.slice(6, -9));
const tsx = import.meta.resolve("tsx");

it("there is a bench", () => {
  expect(names.length).toBeGreaterThan(0);
});

it("bench/README.md lists every bench", () => {
  const page = read("bench/README.md");
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

it.each(names)(
  "%s runs small through the same program as full, and repeats its answer",
  async (name) => {
    const args = ["--import", tsx, join(root, "bench/run.ts"), name, "--small", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, [...args, "--repeat", "2"], {
      timeout: 60_000,
      maxBuffer: 2 ** 26,
    });
    const record = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
      name: string;
      question: string;
      parameters: unknown;
      results: BenchResult[];
    };
    expect(record.name).toBe(name);
    expect(record.question).toMatch(/\?$/);
    expect(record.parameters).toBeTypeOf("object");
    const [first, second] = record.results;
    expect(first?.answer).not.toBe("");
    expect(second?.answer).toBe(first?.answer);
    for (const row of first?.rows ?? []) {
      expect(row.case).not.toBe("");
      expect(row.medianMs).toBeGreaterThanOrEqual(0);
    }
    expect(first?.rows.length).toBeGreaterThan(0);
  },
  90_000,
);
