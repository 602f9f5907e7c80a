import { checkSettings, settingNames } from "@millrace/graph";
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** What code of a process of its own prints: a configuration is for the life of a process. */
function printed(code: string): unknown {
  const head =
    'import { checkSettings, configure, takeSettings } from "@millrace/graph";' +
    "const codeOf = (f) => { try { f(); return 'fine'; } catch (error) { return error.code; } };";
  const args = ["--input-type=module", "--eval", `${head}\n${code}`];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as unknown;
}

function refusal(settings: unknown): string {
  try {
    checkSettings("configure", settings as never);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code} | ${message}`;
  }
  return "fine";
}

describe("settings", () => {
  it("have names, and every name a check", () => {
    expect(settingNames).toEqual([
      "threads",
      "memoryLimit",
      "localDirectory",
      "awaitingTasks",
      "resources",
    ]);
    const wrong = settingNames.filter((name) => refusal({ [name]: Symbol("no") }) === "fine");
    expect(wrong).toEqual([]);
  });

  it("that mean something are taken", () => {
    const good = [
      {},
      { threads: 1, awaitingTasks: 10_000 },
      ...[1, 2.5e9, "2GiB", "500MB", "auto"].map((memoryLimit) => ({ memoryLimit })),
      { localDirectory: "/tmp" },
      { resources: { gpu: 2, licence: 0.5, none: 0 } },
      { threads: undefined },
    ];
    expect(good.map(refusal)).toEqual(good.map(() => "fine"));
  });

  it("that do not are refused by name", () => {
    const bad: readonly unknown[] = [
      { threads: 0 },
      { threads: 1.5 },
      { threads: "4" },
      { threads: 2 ** 53 },
      { memoryLimit: "many" },
      { memoryLimit: 0 },
      { memoryLimit: NaN },
      { localDirectory: "" },
      { awaitingTasks: -1 },
      { resources: { gpu: -1 } },
      { resources: { gpu: Infinity } },
      { resources: ["gpu"] },
      { thread: 4 },
      { toString: 4 },
      null,
      ["threads"],
    ];
    expect(bad.map(refusal)).toMatchInlineSnapshot(`
      [
        "graph/invalid-argument | configure: bad setting 'threads', got 0, wanted a whole number of 1 or more.",
        "graph/invalid-argument | configure: bad setting 'threads', got 1.5, wanted a whole number of 1 or more.",
        "graph/invalid-argument | configure: bad setting 'threads', got "4", wanted a whole number of 1 or more.",
        "graph/invalid-argument | configure: bad setting 'threads', got 9007199254740992, wanted a whole number of 1 or more.",
        "graph/invalid-argument | configure: bad setting 'memoryLimit', got "many", wanted bytes, text such as '2GiB', or 'auto'.",
        "graph/invalid-argument | configure: bad setting 'memoryLimit', got 0, wanted bytes, text such as '2GiB', or 'auto'.",
        "graph/invalid-argument | configure: bad setting 'memoryLimit', got NaN, wanted bytes, text such as '2GiB', or 'auto'.",
        "graph/invalid-argument | configure: bad setting 'localDirectory', got "", wanted the path of a folder.",
        "graph/invalid-argument | configure: bad setting 'awaitingTasks', got -1, wanted a whole number of 1 or more.",
        "graph/invalid-argument | configure: bad setting 'resources', got an object, wanted an object of amounts, each a number of 0 or more.",
        "graph/invalid-argument | configure: bad setting 'resources', got an object, wanted an object of amounts, each a number of 0 or more.",
        "graph/invalid-argument | configure: bad setting 'resources', got an array of 1, wanted an object of amounts, each a number of 0 or more.",
        "graph/invalid-argument | configure: there is no setting "thread", got 4, wanted one of threads, memoryLimit, localDirectory, awaitingTasks, resources.",
        "graph/invalid-argument | configure: there is no setting "toString", got 4, wanted one of threads, memoryLimit, localDirectory, awaitingTasks, resources.",
        "graph/invalid-argument | configure: the settings must be an object, got null, wanted an object.",
        "graph/invalid-argument | configure: the settings must be an object, got an array of 1, wanted an object.",
      ]
    `);
  });
});

describe("configure", () => {
  it("adds to what was set before, and the last word counts", () => {
    expect(
      printed(`
        configure({ threads: 2, awaitingTasks: 5 });
        configure({ threads: 3 });
        console.log(JSON.stringify(takeSettings()));`),
    ).toEqual({ threads: 3, awaitingTasks: 5 });
  });

  it("leaves alone what it is given as undefined", () => {
    expect(
      printed(`
        configure({ threads: 2 });
        configure({ threads: undefined, awaitingTasks: undefined });
        console.log(JSON.stringify([takeSettings(), Object.keys(takeSettings())]));`),
    ).toEqual([{ threads: 2 }, ["threads"]]);
  });

  it("takes all of a call or nothing", () => {
    expect(
      printed(`
        const code = codeOf(() => configure({ threads: 2, memoryLimit: "many" }));
        console.log(JSON.stringify([code, takeSettings()]));`),
    ).toEqual(["graph/invalid-argument", {}]);
  });

  it("is too late once the settings are taken", () => {
    expect(
      printed(`
        takeSettings();
        console.log(JSON.stringify([codeOf(() => configure({})), takeSettings()]));`),
    ).toEqual(["graph/configured-late", {}]);
  });

  it("is not bound to the object that it was given", () => {
    expect(
      printed(`
        const mine = { threads: 2 };
        configure(mine);
        mine.threads = 9;
        console.log(JSON.stringify(takeSettings()));`),
    ).toEqual({ threads: 2 });
  });
});
