import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openStore } from "./opened-store.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const folder = scratchFolder();
const program = fileURLToPath(new URL("fixtures/store-process.mjs", import.meta.url));

/** A process with a store that has spilled below a new folder. */
function start(how: string): { place: string; child: ChildProcess; output: Promise<string> } {
  const place = join(folder, how);
  mkdirSync(place);
  const stdio = ["ignore", "pipe", "ignore"] as const;
  const child = spawn(process.execPath, [program, place, how], { stdio: [...stdio] });
  return { place, child, output: text(child.stdout!) };
}

describe("a process with a store", () => {
  it("that is killed leaves its files to the next one, which removes them", async () => {
    const { place, child } = start("wait");
    await once(child.stdout!, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const [left = ""] = readdirSync(place);
    expect(readdirSync(join(place, left)).length).toBeGreaterThan(10);
    const { store } = await openStore(place);
    const { leftovers } = store.directory;
    // Where the system does not tell a dead process from another one's, it stays.
    expect(leftovers).toEqual({ removed: [join(place, left)], kept: [] });
    expect(readdirSync(place)).toHaveLength(1);
    await store.close();
    expect(readdirSync(place)).toEqual([]);
  });

  it.each([
    ["exit", 3],
    ["throw", 1],
    ["idle", 0],
  ] as const)("that ends by %s leaves nothing, and is not kept alive", async (how, code) => {
    const { place, child, output } = start(how);
    const [exitCode] = (await once(child, "exit")) as [number];
    expect(exitCode).toBe(code);
    expect(Number(await output)).toBeGreaterThan(30);
    expect(readdirSync(place)).toEqual([]);
  });

  it("has no more files and hardly more memory after a hundred rounds than after ten", async () => {
    const { place, child, output } = start("rounds");
    await once(child, "exit");
    const { wrong, files, rssMiB } = JSON.parse(await output) as {
      wrong: number;
      files: number;
      rssMiB: number[];
    };
    expect({ wrong, files, rounds: rssMiB.length }).toEqual({ wrong: 0, files: 1, rounds: 100 });
    const [early, late] = [rssMiB.slice(0, 10), rssMiB.slice(-10)].map((each) => Math.max(...each));
    // Without collections it would be 600 MB more. What is let go of before one is 32 MB.
    expect(late).toBeLessThan(1.2 * early! + 32);
    expect(readdirSync(place)).toEqual([]);
  }, 60_000);
});
