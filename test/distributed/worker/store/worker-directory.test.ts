import { execFile, execFileSync } from "node:child_process";
import fs, { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { thisProcess } from "../../../../packages/distributed/src/worker/store/process-identity.ts";
import { openWorkerDirectory } from "../../../../packages/distributed/src/worker/store/worker-directory.ts";
import { itWhen } from "../../../lib/skip.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const folder = scratchFolder();
let count = 0;

/** A place for workers, which is not there yet. */
const fresh = (): string => join(folder, `p${count++}`);

const program = fileURLToPath(new URL("fixtures/open-directories.mjs", import.meta.url));

/** What the program prints, which is nothing when all went well. */
async function run(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [program, ...args])).stdout.trim();
}

/** A directory as a worker leaves it, with this in its lock. */
function plant(place: string, name: string, lock: unknown, files: readonly string[] = []): string {
  const directory = join(place, name);
  mkdirSync(directory, { recursive: true });
  if (lock !== undefined) writeFileSync(join(directory, "lock"), JSON.stringify(lock));
  for (const file of files) writeFileSync(join(directory, file), "bytes");
  return directory;
}

const self = thisProcess();
const isLinux = process.platform === "linux";
const itOnLinux = itWhen(isLinux, "only Linux tells when a process was started");
const isRoot = process.getuid?.() === 0;

describe("a worker directory", () => {
  it("is fresh, private, locked, and gone when it is removed", async () => {
    const place = join(fresh(), "below", "it");
    const directory = await openWorkerDirectory(place);
    expect(basename(directory.path)).toMatch(/^millrace-worker-[A-Za-z0-9]{6}$/);
    expect(fs.statSync(directory.path).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory.path)).toEqual(["lock"]);
    const lock = join(directory.path, "lock");
    expect(fs.statSync(lock).mode & 0o777).toBe(0o600);
    expect(JSON.parse(fs.readFileSync(lock, "utf8"))).toEqual(self);
    writeFileSync(directory.fileOf(12), "bytes");
    expect(basename(directory.fileOf(12))).toBe("12.spill");
    await directory.remove();
    expect(readdirSync(place)).toEqual([]);
    await directory.remove();
  });

  it("takes the files along that clients have uploaded", async () => {
    const place = fresh();
    const directory = await openWorkerDirectory(place);
    const uploads = join(directory.path, "uploads", "0a1b");
    mkdirSync(uploads, { recursive: true });
    writeFileSync(join(uploads, "model.mjs"), "bytes");
    symlinkSync(fresh(), join(uploads, "link"));
    await directory.remove();
    expect(readdirSync(place)).toEqual([]);
  });

  it("is another one for every worker, however many start at once", async () => {
    const place = fresh();
    const opening = Array.from({ length: 50 }, () => openWorkerDirectory(place));
    const paths = (await Promise.all(opening)).map((directory) => directory.path);
    expect(new Set(paths).size).toBe(50);
    expect(paths.filter((path) => !fs.existsSync(join(path, "lock")))).toEqual([]);
  });

  it("is never removed by another process that starts meanwhile, and always at its own exit", async () => {
    const place = fresh();
    const runs = Array.from({ length: 4 }, () => run(place, "15"));
    expect(await Promise.all(runs)).toEqual(["", "", "", ""]);
    expect(readdirSync(place)).toEqual([]);
  });

  it("is made again where a cleaner took it away, and not where something else is", async () => {
    const place = fresh();
    const directory = await openWorkerDirectory(place);
    fs.rmSync(directory.path, { recursive: true });
    await directory.restore();
    expect(readdirSync(directory.path)).toEqual(["lock"]);
    fs.rmSync(directory.path, { recursive: true });
    symlinkSync(folder, directory.path);
    await expect(directory.restore()).rejects.toMatchObject({ code: "EEXIST" });
    fs.rmSync(directory.path);
  });

  it("keeps what somebody else put into it", async () => {
    const place = fresh();
    const directory = await openWorkerDirectory(place);
    writeFileSync(directory.fileOf(1), "bytes");
    writeFileSync(join(directory.path, "notes.txt"), "mine");
    await directory.remove();
    expect(readdirSync(directory.path).toSorted()).toEqual(["lock", "notes.txt"]);
  });
});

describe("what earlier workers left", () => {
  const dead = { ...self, pid: 2 ** 22 + 1 };

  it("is removed where their process is dead, and reported", async () => {
    const place = fresh();
    const left = plant(place, "millrace-worker-aaaaaa", dead, ["1.spill", "22.spill", "lock.new"]);
    const { path, leftovers } = await openWorkerDirectory(place);
    expect(leftovers).toEqual({ removed: [left], kept: [] });
    expect(readdirSync(place)).toEqual([basename(path)]);
  });

  itOnLinux("is removed where their number belongs to a younger process by now", async () => {
    const place = fresh();
    plant(place, "millrace-worker-aaaaaa", { ...self, started: "1" });
    plant(place, "millrace-worker-bbbbbb", self);
    const { path } = await openWorkerDirectory(place);
    expect(new Set(readdirSync(place))).toEqual(
      new Set(["millrace-worker-bbbbbb", basename(path)]),
    );
  });

  itOnLinux(
    "is removed where the machine was started anew, and kept if it is another one",
    async () => {
      const place = fresh();
      const boot = "00000000-0000-0000-0000-000000000000";
      const elsewhere = plant(place, "millrace-worker-aaaaaa", { ...dead, boot, machine: "other" });
      const unsaid = plant(place, "millrace-worker-bbbbbb", { ...dead, boot, machine: "" });
      const container = plant(place, "millrace-worker-cccccc", { ...dead, namespace: "pid:[1]" });
      const restarted = plant(place, "millrace-worker-dddddd", { ...dead, boot });
      const { leftovers } = await openWorkerDirectory(place);
      const known = self.machine !== "";
      expect(new Set(leftovers.removed)).toEqual(new Set(known ? [restarted] : []));
      const kept = [elsewhere, unsaid, container, ...(known ? [] : [restarted])];
      expect(new Set(leftovers.kept)).toEqual(new Set(kept));
    },
  );

  it("is removed where they died before they had a lock, unless there are files", async () => {
    const place = fresh();
    plant(place, "millrace-worker-aaaaaa", undefined);
    plant(place, "millrace-worker-bbbbbb", undefined, ["lock.new"]);
    const full = plant(place, "millrace-worker-cccccc", undefined, ["7.spill"]);
    const { leftovers } = await openWorkerDirectory(place);
    expect(leftovers.kept).toEqual([full]);
    expect(readdirSync(full)).toEqual(["7.spill"]);
    expect(readdirSync(place)).toHaveLength(2);
  });

  it("is left alone where a lock says nothing", async () => {
    const place = fresh();
    const locks = [
      null,
      7,
      {},
      { ...dead, pid: -dead.pid },
      { ...dead, pid: "1" },
      { ...dead, boot: 1 },
    ];
    for (const [index, lock] of locks.entries()) {
      plant(place, `millrace-worker-aaaaa${index}`, lock, ["1.spill"]);
    }
    writeFileSync(join(plant(place, "millrace-worker-text00", undefined), "lock"), "{");
    mkdirSync(join(plant(place, "millrace-worker-dir000", undefined), "lock"));
    plant(place, "millrace-worker-long00", { ...dead, boot: "x".repeat(5000) });
    // Whoever opens a pipe waits for the other end.
    const pipe = plant(place, "millrace-worker-pipe00", undefined);
    if (isLinux) execFileSync("mkfifo", [join(pipe, "lock")]);
    else writeFileSync(join(pipe, "lock"), "");
    const { leftovers } = await openWorkerDirectory(place);
    expect(leftovers.removed).toEqual([]);
    expect(leftovers.kept).toHaveLength(10);
  });

  it("stays with whatever is not a worker's, and so does what only looks like it", async () => {
    const place = fresh();
    const precious = plant(folder, "precious", dead, ["1.spill"]);
    const left = plant(place, "millrace-worker-aaaaaa", dead, ["1.spill", "notes.txt"]);
    mkdirSync(join(left, "2.spill"));
    const linked = plant(place, "millrace-worker-dddddd", dead);
    symlinkSync(join(precious, "1.spill"), join(linked, "3.spill"));
    symlinkSync(precious, join(place, "millrace-worker-bbbbbb"));
    writeFileSync(join(place, "millrace-worker-cccccc"), "a file");
    plant(place, "millrace-worker-longer-name", dead, ["1.spill"]);
    plant(place, "other", dead, ["1.spill"]);
    const { path, leftovers } = await openWorkerDirectory(place);
    expect(leftovers.removed).toEqual([]);
    expect(readdirSync(left).toSorted()).toEqual(["2.spill", "lock", "notes.txt"]);
    expect(readdirSync(linked).toSorted()).toEqual(["3.spill", "lock"]);
    expect(readdirSync(precious).toSorted()).toEqual(["1.spill", "lock"]);
    const names = ["aaaaaa", "bbbbbb", "cccccc", "dddddd", "longer-name"];
    expect(readdirSync(place).toSorted()).toEqual(
      [...names.map((name) => `millrace-worker-${name}`), "other", basename(path)].toSorted(),
    );
  });

  itWhen(isRoot, "only root can give a file away")("stays where another user owns it", async () => {
    const place = fresh();
    const left = plant(place, "millrace-worker-aaaaaa", dead, ["1.spill"]);
    fs.lchownSync(left, 12_345, 12_345);
    expect((await openWorkerDirectory(place)).leftovers).toEqual({ removed: [], kept: [left] });
    expect(fs.lstatSync(join(left, "1.spill")).isFile()).toBe(true);
  });
});

describe("a local directory that cannot be used is refused", () => {
  const refusal = async (place: string): Promise<string> => {
    const error = await openWorkerDirectory(place).catch((thrown: unknown) => thrown as Error);
    const { code, message } = error as Error & { code: string };
    return `${code} | ${message}`.replaceAll(folder, "/folder");
  };

  it("when it is no directory, or below a file", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    expect(await refusal(file)).toMatchInlineSnapshot(
      `"distributed/bad-directory | openWorkerDirectory: the local directory is no directory, got "/folder/a-file", wanted a directory that this process may write to. Name a directory."`,
    );
    expect(await refusal(join(file, "below"))).toMatchInlineSnapshot(
      `"distributed/bad-directory | openWorkerDirectory: the local directory is below a file, got "/folder/a-file/below", wanted a directory that this process may write to. Name a directory."`,
    );
  });

  it("when it is a link, which could lead anywhere", async () => {
    const target = join(folder, "target");
    mkdirSync(target);
    symlinkSync(target, join(folder, "link"));
    symlinkSync(join(folder, "nothing"), join(folder, "dangling"));
    expect(await refusal(join(folder, "link"))).toMatchInlineSnapshot(
      `"distributed/bad-directory | openWorkerDirectory: the local directory is a link that leads elsewhere, got "/folder/link", wanted a directory that this process may write to. Use "/folder/target" itself."`,
    );
    expect(await refusal(join(folder, "dangling"))).toMatchInlineSnapshot(
      `"distributed/bad-directory | openWorkerDirectory: the local directory is a link that leads nowhere, got "/folder/dangling", wanted a directory that this process may write to. Name a directory."`,
    );
    expect(readdirSync(target)).toEqual([]);
  });

  it("when it has no name", async () => {
    expect(await refusal("")).toMatchInlineSnapshot(
      `"distributed/bad-directory | openWorkerDirectory: the local directory is no path, got "", wanted a directory that this process may write to. Name a directory."`,
    );
  });

  itWhen(isRoot || isLinux, "needs a user to whom something is denied")(
    "when it cannot be written to",
    async () => {
      const place = fresh();
      mkdirSync(place);
      fs.chmodSync(folder, 0o755);
      fs.chmodSync(place, 0o555);
      const said = isRoot ? await run(place, "1", "12345") : await refusal(place);
      expect(said.replaceAll(folder, "/folder").replace(/p\d+/, "p")).toMatchInlineSnapshot(
        `"distributed/bad-directory | openWorkerDirectory: the local directory is not writable (EACCES), got "/folder/p", wanted a directory that this process may write to. Change its permissions, or name another one."`,
      );
    },
  );
});
