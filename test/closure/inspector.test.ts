import { execFile } from "node:child_process";
import { Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { capture } from "@millrace/closure";
import { expect, test, vi } from "vitest";
import { fromText } from "./refusal.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";

const run = promisify(execFile);
const base = 2;

test("the Debugger domain is on only inside a capture, and the session is closed", () => {
  const posts: string[] = [];
  const post = Reflect.get(Session.prototype, "post") as (...args: unknown[]) => unknown;
  vi.spyOn(Session.prototype, "post").mockImplementation(function (this: Session, ...args) {
    posts.push(args[0]);
    return Reflect.apply(post, this, args) as never;
  });
  const disconnect = vi.spyOn(Session.prototype, "disconnect");
  const connect = vi.spyOn(Session.prototype, "connect");
  try {
    // A script of its own, so that its source has to be fetched.
    capture(fromText("return (x) => x + 1")() as () => number);
    expect(posts.filter((method) => method.startsWith("Debugger."))).toEqual([
      "Debugger.enable",
      "Debugger.getScriptSource",
      "Debugger.disable",
    ]);
    posts.length = 0;
    capture((x: number) => x + base);
    capture((x: number) => x - base);
    expect(posts.filter((method) => method === "Debugger.enable").length).toBeLessThanOrEqual(1);
    expect(disconnect.mock.calls.length).toBe(connect.mock.calls.length);
  } finally {
    vi.restoreAllMocks();
  }
});

test("a capture that is refused closes its session as well", () => {
  const disconnect = vi.spyOn(Session.prototype, "disconnect");
  const pending = Promise.resolve();
  expect(() => capture(() => pending)).toThrow("Promise");
  expect(disconnect).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

test("hundreds of captures leave nothing behind", async () => {
  const script = fileURLToPath(new URL("./fixtures/growth.mjs", import.meta.url));
  const { stdout } = await run(process.execPath, ["--expose-gc", script]);
  const { first, second } = JSON.parse(stdout) as Record<string, number>;
  // A capture that is kept takes a kilobyte or more: 300 of them would show.
  expect(second! - first!).toBeLessThan(150_000);
});

test("a function of a module that runs needs no list of all scripts", async () => {
  const script = fileURLToPath(new URL("./fixtures/caller.mjs", import.meta.url));
  const folder = scratchFolder();
  const { stdout } = await run(process.execPath, [script, folder]);
  expect(JSON.parse(stdout)).toEqual({
    // What it gives, and whether scripts were listed.
    near: [8, false],
    refused: "caller.mjs:27",
    far: [64, true],
    kept: true,
    // The file says something else by now; what was parsed counts.
    changed: ["b", true],
    sloppy: ["object", true],
    others: ["a", "a", "a"],
  });
});

test("a capture loads nothing, and knows what the program has loaded since", async () => {
  const script = fileURLToPath(new URL("./fixtures/late-globals.mjs", import.meta.url));
  const { stdout } = await run(process.execPath, [script]);
  expect(JSON.parse(stdout)).toEqual({ isLoaded: false, same: true });
});
