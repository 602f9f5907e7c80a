import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import {
  defaultConnectionFile,
  makeConnectionFolder,
  readConnectionFile,
  writeConnectionFile,
} from "../../../../packages/distributed/dist/deploy/security/connection-file.js";
import { scratchFolder } from "../../../lib/scratch-folder.ts";
import { itWhen } from "../../../lib/skip.ts";

const connection = { url: "ws://127.0.0.1:8786", token: "t0ken", pid: 1, id: "one" };
const runtime = process.env["XDG_RUNTIME_DIR"];

afterEach(() => {
  if (runtime === undefined) delete process.env["XDG_RUNTIME_DIR"];
  else process.env["XDG_RUNTIME_DIR"] = runtime;
});

it("what was written is read, by the user alone", async () => {
  const folder = scratchFolder();
  const path = join(folder, "scheduler.json");
  await writeConnectionFile(path, { ...connection, ca: "PEM" });
  expect(await readConnectionFile(path)).toEqual({ ...connection, ca: "PEM" });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["scheduler.json"]);
});

it("a file that others could read is replaced by one that they cannot", async () => {
  const path = join(scratchFolder(), "scheduler.json");
  writeFileSync(path, "old", { mode: 0o644 });
  await writeConnectionFile(path, connection);
  expect(await readConnectionFile(path)).toEqual(connection);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("a scheduler removes its own file, and not that of the next one", async () => {
  const folder = scratchFolder();
  const path = join(folder, "scheduler.json");
  const first = await writeConnectionFile(path, connection);
  const second = await writeConnectionFile(path, { ...connection, id: "two" });
  first.remove();
  expect((await readConnectionFile(path)).id).toBe("two");
  second.remove();
  second.remove();
  expect(readdirSync(folder)).toEqual([]);
});

it("a file that others can read is refused, with what to do", async () => {
  const path = join(scratchFolder(), "scheduler.json");
  await writeConnectionFile(path, connection);
  for (const mode of [0o644, 0o640, 0o604]) {
    chmodSync(path, mode);
    const error = await readConnectionFile(path).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: "distributed/bad-connection-file" });
    expect((error as Error).message).toContain("others on this machine may read the token");
    expect((error as Error).message).toContain(`mode ${mode.toString(8)}`);
    expect((error as Error).message).toContain(`wanted 600. Run: chmod 600 ${path}`);
  }
});

const isRoot = process.getuid?.() === 0;
const isPosix = process.platform !== "win32";
const noUsers = "files have no modes and owners here";

itWhen(isPosix, noUsers)("a file of somebody else is refused, whatever its mode", async () => {
  let path = "/etc/passwd";
  if (isRoot) {
    path = join(scratchFolder(), "scheduler.json");
    await writeConnectionFile(path, connection);
    chownSync(path, 65_534, 65_534);
  }
  const [owner, own] = isRoot ? [65_534, 0] : [0, process.getuid?.()];
  const error = await readConnectionFile(path).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code: "distributed/bad-connection-file" });
  expect((error as Error).message).toBe(
    "--scheduler-file: it belongs to somebody else, whose scheduler it may name, got " +
      `"${path}" of user ${owner}, wanted one of user ${own}, who runs this. Find out who made it ` +
      "and remove it, or give the token of your scheduler by MILLRACE_TOKEN.",
  );
});

itWhen(isRoot, "only root may give files away")(
  "a default folder of somebody else is refused, to read and to write",
  async () => {
    const folder = scratchFolder();
    process.env["XDG_RUNTIME_DIR"] = folder;
    makeConnectionFolder();
    const path = defaultConnectionFile(8786);
    await writeConnectionFile(path, connection);
    chownSync(join(folder, "millrace"), 65_534, 65_534);
    const said = /its folder belongs to somebody else.*of user 65534, wanted one of user 0/;
    await expect(readConnectionFile(path)).rejects.toThrow(said);
    expect(() => makeConnectionFolder()).toThrow(said);
  },
);

itWhen(isPosix, noUsers)(
  "a default folder into which others may write is not read from",
  async () => {
    process.env["XDG_RUNTIME_DIR"] = scratchFolder();
    makeConnectionFolder();
    const path = defaultConnectionFile(8786);
    await writeConnectionFile(path, connection);
    chmodSync(join(path, ".."), 0o770);
    await expect(readConnectionFile(path)).rejects.toThrow(
      /others on this machine may put files into its folder.*with mode 770, wanted 700/,
    );
    makeConnectionFolder();
    expect(await readConnectionFile(path)).toEqual(connection);
  },
);

itWhen(isPosix, noUsers)("a pipe is no connection file, and is not waited for", async () => {
  const path = join(scratchFolder(), "pipe");
  execFileSync("mkfifo", ["-m", "600", path]);
  await expect(readConnectionFile(path)).rejects.toThrow("it is no connection file");
});

it("what is no connection file is refused", async () => {
  const folder = scratchFolder();
  const texts = [
    "",
    "{",
    "[]",
    "null",
    '{"url":"ws://a"}',
    JSON.stringify({ ...connection, url: "tcp://a" }),
  ];
  const messages: string[] = [];
  const refusal = async (path: string): Promise<string> => {
    const error = await readConnectionFile(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "distributed/bad-connection-file" });
    return (error as Error).message.replaceAll(folder, "…");
  };
  for (const text of texts) {
    const path = join(folder, "f.json");
    writeFileSync(path, text, { mode: 0o600 });
    messages.push(await refusal(path));
  }
  messages.push(await refusal(join(folder, "absent.json")), await refusal(folder));
  expect(messages).toMatchInlineSnapshot(`
    [
      "--scheduler-file: it is no JSON, got "…/f.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
      "--scheduler-file: it is no JSON, got "…/f.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
      "--scheduler-file: something is missing in it, got "…/f.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
      "--scheduler-file: something is missing in it, got "…/f.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
      "--scheduler-file: something is missing in it, got "…/f.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
      "--scheduler-file: something is missing in it, got "…/f.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
      "--scheduler-file: there is no such file, got "…/absent.json", wanted the file of a running scheduler. Start the scheduler first.",
      "--scheduler-file: it is no connection file, got "…", wanted the file that a scheduler wrote. Name another file.",
    ]
  `);
});

it("where it cannot be written, that is told and nothing is left", async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "taken"));
  const paths = [join(folder, "absent/f.json"), join(folder, "taken")];
  const messages = await Promise.all(
    paths.map((path) =>
      writeConnectionFile(path, connection).catch((error: Error) =>
        error.message.replaceAll(folder, "…"),
      ),
    ),
  );
  expect(messages).toMatchInlineSnapshot(`
    [
      "--scheduler-file: it cannot be written (ENOENT), got "…/absent/f.json", wanted a path in a folder. Name another file.",
      "--scheduler-file: it cannot be written (EISDIR), got "…/taken", wanted a path in a folder. Name another file.",
    ]
  `);
  expect(readdirSync(folder)).toEqual(["taken"]);
});

it("the default file is in a folder of the user alone", () => {
  const folder = scratchFolder();
  process.env["XDG_RUNTIME_DIR"] = folder;
  mkdirSync(join(folder, "millrace"), { mode: 0o755 });
  makeConnectionFolder();
  expect(defaultConnectionFile(8786)).toBe(join(folder, "millrace/scheduler-8786.json"));
  expect(statSync(join(folder, "millrace")).mode & 0o777).toBe(0o700);
});

it("a default folder that is none is refused", () => {
  const folder = scratchFolder();
  process.env["XDG_RUNTIME_DIR"] = folder;
  writeFileSync(join(folder, "millrace"), "");
  expect(() => makeConnectionFolder()).toThrow(/its folder cannot be made|belongs to somebody/);
  expect(readFileSync(join(folder, "millrace"), "utf8")).toBe("");
});
