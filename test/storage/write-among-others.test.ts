import { glob, readAll, registerDriver, writeAll } from "@millrace/storage";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { plant } from "./scratch.ts";

const folder = scratchFolder();
let count = 0;

/** A new folder, and a file name in it. */
function fresh(): { readonly place: string; readonly file: string } {
  const place = join(folder, `w${count++}`);
  mkdirSync(place);
  return { place, file: join(place, "out.txt") };
}

const text = (file: string): string => readFileSync(file, "utf8");

/** Elsewhere a process id does not say of which machine it is, so nothing is deleted. */
const linux = process.platform === "linux";

describe("a writer among others", () => {
  it("leaves no file under the name when its process is killed, and the next one tidies up", async () => {
    const { place, file } = fresh();
    const program = fileURLToPath(new URL("write-forever.mjs", import.meta.url));
    const child = spawn(process.execPath, [program, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(file)).toBe(false);
    const [left = ""] = readdirSync(place);
    expect(readdirSync(place)).toHaveLength(1);
    expect(await glob(join(place, "{*,.*}"), { allowEmpty: true })).toEqual([]);
    // The same name as a process that lives, and one of another machine, would write.
    const alive = left.replace(`-${child.pid}-`, `-${process.pid}-`);
    const elsewhere = left.replace(/\w+(?=-\d+-\d+-)/, "0123456789ab");
    plant(place, { [alive]: "", [elsewhere]: "", "mine.millrace-tmp": "" });
    // A stage is a folder, with files in it.
    const stage = left.replace(/[0-9a-f]{12}(?=\.millrace-tmp)/, "0123456789ab");
    plant(place, { [`${stage}/0-a.txt`]: "" });
    await writeAll(file, ["second try"]);
    expect(text(file)).toBe("second try");
    const kept = [alive, elsewhere, "mine.millrace-tmp", "out.txt"];
    expect(new Set(readdirSync(place))).toEqual(new Set(linux ? kept : [left, stage, ...kept]));
  });

  it("never mixes its bytes with those of another to the same name", async () => {
    const { place, file } = fresh();
    const whole = new Set(Array.from({ length: 8 }, (_, index) => String(index).repeat(300_000)));
    const writes = [...whole].map((content) =>
      writeAll(file, [content.slice(5), content.slice(-5)]),
    );
    const seen: string[] = [];
    const reading = (async () => {
      await Promise.race(writes);
      for (let round = 0; round < 20; round++)
        seen.push(Buffer.from(await readAll(file)).toString());
    })();
    await Promise.all([...writes, reading]);
    for (const content of [...seen, text(file)]) expect(whole.has(content)).toBe(true);
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });

  it("lets exactly one of many create a file with overwrite: false", async () => {
    const { place, file } = fresh();
    const tries = Array.from({ length: 8 }, (_, index) =>
      writeAll(file, [String(index).repeat(100_000)], { overwrite: false }).then(
        () => "written",
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    const outcomes = (await Promise.all(tries)).toSorted();
    expect(outcomes).toEqual([...Array<string>(7).fill("storage/exists"), "written"]);
    expect(text(file)).toHaveLength(100_000);
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });

  it("works the same on threads", async () => {
    const { place, file } = fresh();
    const program = `
      const { writeAll } = await import(${JSON.stringify(import.meta.resolve("@millrace/storage"))});
      const { workerData } = await import("node:worker_threads");
      await writeAll(workerData.file, [workerData.digit.repeat(500_000)]);
    `;
    const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    const workers = ["1", "2"].map((digit) => new Worker(url, { workerData: { file, digit } }));
    await Promise.all(workers.map(async (worker) => once(worker, "exit")));
    expect(["1".repeat(500_000), "2".repeat(500_000)]).toContain(text(file));
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });
});

describe("a registered driver", () => {
  it("gets bytes in order and commit or abort, once", async () => {
    const calls: string[] = [];
    const undo = registerDriver("mem", {
      stat: async () => Promise.reject(new Error()),
      async *read() {},
      write: async (url, { overwrite }) => {
        calls.push(`write ${url} ${overwrite}`);
        return {
          write: async (chunk) => void calls.push(Buffer.from(chunk).toString()),
          commit: async () => void calls.push("commit"),
          abort: async () => void calls.push("abort"),
        };
      },
    });
    await writeAll("mem://a", [Buffer.from("1"), "2", "3"]);
    const broken = function* (): Generator<Uint8Array> {
      yield Buffer.from("4");
      throw new Error("no");
    };
    await expect(writeAll("mem://b", broken(), { overwrite: false })).rejects.toThrow("no");
    expect(calls).toEqual([
      "write mem://a true",
      "1",
      "23",
      "commit",
      "write mem://b false",
      "4",
      "abort",
    ]);
    undo();
  });
});
