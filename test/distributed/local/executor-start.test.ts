import { Delayed } from "@millrace/graph";
import { createThreadsExecutor } from "@millrace/distributed";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { scratchFolder } from "../../lib/scratch-folder.ts";

const one = Delayed.call(() => 1, []);

it("settings are checked where the executor is made", () => {
  const make = (): unknown => createThreadsExecutor({ threads: 0 });
  expect(make).toThrow(expect.objectContaining({ code: "graph/invalid-argument" }));
});

it("an executor that could not start rejects its runs, and starts when it can", async () => {
  const localDirectory = join(scratchFolder(), "later", "file");
  mkdirSync(join(localDirectory, ".."));
  writeFileSync(localDirectory, "no folder");
  await using executor = createThreadsExecutor({ threads: 1, localDirectory });
  const failing = one.compute({ executor });
  await expect(failing).rejects.toMatchObject({ code: "distributed/bad-directory" });
  rmSync(localDirectory);
  mkdirSync(localDirectory);
  expect(await one.compute({ executor })).toBe(1);
});

it("an executor that never started, or could not, closes all the same", async () => {
  const idle = createThreadsExecutor({ threads: 1 });
  await idle.close();
  const localDirectory = join(import.meta.dirname, "executor-start.test.ts");
  const broken = createThreadsExecutor({ threads: 1, localDirectory });
  await expect(one.compute({ executor: broken })).rejects.toThrow();
  await expect(broken.close()).resolves.toBeUndefined();
});

it("an executor that is closed starts anew with its next run", async () => {
  const executor = createThreadsExecutor({ threads: 1 });
  expect(await one.compute({ executor })).toBe(1);
  await executor.close();
  await executor.close();
  expect(await one.compute({ executor })).toBe(1);
  await executor.close();
});
