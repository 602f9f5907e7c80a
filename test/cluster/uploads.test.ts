import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { getWorker, uploaded } from "@millrace/distributed";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { SharedCluster } from "./lib/shared-cluster.ts";

const folder = scratchFolder();
const shared = new SharedCluster({ workers: 2 });

async function fileOf(name: string, content: string | Uint8Array, under = ""): Promise<string> {
  await mkdir(join(folder, under), { recursive: true });
  const path = join(folder, under, name);
  await writeFile(path, content);
  return path;
}

const read = async (name: string): Promise<string> => readFile(await uploaded(name), "utf8");
const sizeOf = async (name: string): Promise<number> =>
  (await readFile(await uploaded(name))).length;
const urlOf = async (name: string): Promise<string> => (await uploaded(name)).href;
const answerOf = async (name: string): Promise<unknown> =>
  ((await import((await uploaded(name)).href)) as { readonly answer: unknown }).answer;

describe("a file that was uploaded", () => {
  test("is found by its name on every worker", async () => {
    const path = await fileOf("rates.json", '{ "EUR": 1.1 }');
    expect(await shared.client.upload(path)).toEqual(["rates.json"]);
    const found = await shared.client.run(read, ["rates.json"]);
    expect([...found.values()]).toEqual(Array(found.size).fill('{ "EUR": 1.1 }'));
  });

  test("is found on workers that come later, and by tasks of other clients", async () => {
    await shared.client.upload(await fileOf("late.txt", "here"));
    const worker = await shared.cluster.add();
    const other = await shared.cluster.connect();
    const found = other.submit(read, ["late.txt"], { workers: [worker.name] });
    expect(await found.result()).toBe("here");
    await other.close();
  });

  test("goes from worker to worker where it is large", async () => {
    const bytes = new Uint8Array(3_000_000).fill(7);
    await shared.client.upload(pathToFileURL(await fileOf("large.bin", bytes)));
    const sizes = await shared.client.run(sizeOf, ["large.bin"]);
    expect(new Set(sizes.values())).toEqual(new Set([3_000_000]));
  });

  test("is a module that finds those that were uploaded with it", async () => {
    await fileOf("package.json", '{ "type": "module" }', "lib");
    const files = [
      await fileOf(
        "answer.js",
        'import { six } from "./six.js"; export const answer = 7 * six;',
        "lib",
      ),
      await fileOf("six.js", "export const six = 6;", "lib"),
    ];
    expect(await shared.client.upload(files)).toEqual(["answer.js", "six.js"]);
    expect(await shared.client.submit(answerOf, ["answer.js"]).result()).toBe(42);
  });

  test("is what came last, also where the first one was imported", async () => {
    const rule = { workers: ["worker-0"] };
    await shared.client.upload(await fileOf("version.mjs", "export const answer = 1;"));
    expect(await shared.client.submit(answerOf, ["version.mjs"], rule).result()).toBe(1);
    await shared.client.upload(await fileOf("version.mjs", "export const answer = 2;"));
    expect(await shared.client.submit(answerOf, ["version.mjs"], rule).result()).toBe(2);
  });

  test("lies in one place that all threads of a worker use", async () => {
    await shared.client.upload(await fileOf("once.txt", "once"));
    const urls = await shared.client.gather(
      shared.client.map((_: number) => urlOf("once.txt"), [1, 2, 3, 4], { workers: ["worker-1"] }),
    );
    expect(new Set(urls).size).toBe(1);
  });
});

describe("what cannot be uploaded, or is not there, is refused:", () => {
  test("a file that is missing, a folder, two of one name, what is no path", async () => {
    const { client } = shared;
    const path = await fileOf("same.txt", "1");
    const other = await fileOf("same.txt", "2", "other");
    await expect(client.upload(join(folder, "nowhere"))).rejects.toThrow("there is no such file");
    await expect(client.upload(folder)).rejects.toThrow("this is no file");
    await expect(client.upload([path, other])).rejects.toThrow("two files have one name");
    await expect(client.upload(7 as never)).rejects.toThrow("files must be iterable");
    await expect(client.upload([7] as never)).rejects.toThrow("this is no path");
    expect(await client.upload([])).toEqual([]);
  });

  test("a name that nobody has uploaded, or that leads elsewhere", async () => {
    const causeOf = async (name: string): Promise<unknown> =>
      shared.client
        .submit(urlOf, [name])
        .result()
        .catch((error: unknown) => (error as Error).cause ?? error);
    expect(await causeOf("never.txt")).toMatchObject({ code: "distributed/not-uploaded" });
    expect(await causeOf("../lock")).toMatchObject({ code: "distributed/invalid-argument" });
  });

  test("a call outside of a task", async () => {
    await expect(uploaded("rates.json")).rejects.toMatchObject({ code: "distributed/not-in-task" });
    expect(() => getWorker()).toThrow("no task");
  });
});
