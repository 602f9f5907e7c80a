import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../lib/workspace.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const loader = join(root, "packages/distributed/dist/settings/load-settings.js");
const graph = join(root, "packages/graph/dist/index.js");

const folder = scratchFolder();
let folderCount = 0;

interface World {
  readonly env?: Readonly<Record<string, string>>;
  /** What `millrace.yaml` in the working directory says. */
  readonly file?: string;
  /** What the file in the user's folder says. */
  readonly userFile?: string;
  readonly configure?: Readonly<Record<string, unknown>>;
  /** Whether what the process was warned of is given too. */
  readonly warnings?: boolean;
}

/** What a process in this world loads, or its error with the folder left out. */
function loaded({ env = {}, file, userFile, configure = {}, warnings = false }: World): unknown {
  const cwd = join(folder, String(folderCount++));
  const home = join(cwd, "home");
  mkdirSync(join(home, "millrace"), { recursive: true });
  if (file !== undefined) writeFileSync(join(cwd, "millrace.yaml"), file);
  if (userFile !== undefined) writeFileSync(join(home, "millrace/millrace.yaml"), userFile);
  const code = `
    import { loadSettings } from ${JSON.stringify(loader)};
    import { configure } from ${JSON.stringify(graph)};
    const warnings = [];
    process.on("warning", ({ code, message }) => warnings.push(code + ": " + message));
    configure(${JSON.stringify(configure)});
    const settings = await loadSettings().catch(({ name, code, message }) => ({
      error: name + " " + code + " | " + message,
    }));
    // A warning comes in the next tick.
    await new Promise(setImmediate);
    console.log(JSON.stringify(${warnings} ? { ...settings, warnings } : settings));`;
  const args = ["--no-warnings", "--input-type=module", "--eval", code];
  const output = execFileSync(process.execPath, args, {
    cwd,
    env: { PATH: process.env["PATH"], XDG_CONFIG_HOME: home, ...env },
    encoding: "utf8",
  });
  return JSON.parse(output.replaceAll(cwd, "<cwd>")) as unknown;
}

function error(world: World): string {
  return (loaded(world) as { error?: string }).error ?? "none";
}

it("with nothing set anywhere there is nothing", () => {
  expect(loaded({})).toEqual({});
});

describe("variables", () => {
  it("hold every setting: numbers, text and objects", () => {
    const env = {
      MILLRACE_THREADS: "2",
      MILLRACE_MEMORY_LIMIT: "1GiB",
      MILLRACE_LOCAL_DIRECTORY: "/tmp/spill",
      MILLRACE_AWAITING_TASKS: "7",
      MILLRACE_RESOURCES: '{"gpu": 1}',
    };
    expect(loaded({ env })).toEqual({
      threads: 2,
      memoryLimit: "1GiB",
      localDirectory: "/tmp/spill",
      awaitingTasks: 7,
      resources: { gpu: 1 },
    });
  });

  it("that are empty, or of others, are not seen", () => {
    expect(loaded({ env: { MILLRACE_THREADS: "", OTHER_THREADS: "2" } })).toEqual({});
  });

  it("that are misspelt are told of in a warning", () => {
    const env = { MILLRACE_THREAD: "2", MILLRACE_THREADS: "3", MILLRACE_CONFIG: "" };
    const found = loaded({ env, warnings: true }) as { threads: number; warnings: string[] };
    expect(found.threads).toBe(3);
    expect(found.warnings).toHaveLength(1);
    const [warning = ""] = found.warnings;
    expect(warning).toMatch(
      /^MILLRACE: MILLRACE_THREAD is no setting and not used, wanted one of /,
    );
    for (const known of ["MILLRACE_CONFIG, ", "MILLRACE_THREADS, ", "MILLRACE_TLS_CERT, "]) {
      expect(warning).toContain(known);
    }
  });

  it("keep a path that looks like a number", () => {
    expect(loaded({ env: { MILLRACE_LOCAL_DIRECTORY: "2026" } })).toEqual({
      localDirectory: "2026",
    });
  });

  it("with bad values are named", () => {
    const bad = [
      { MILLRACE_THREADS: "many" },
      { MILLRACE_MEMORY_LIMIT: "-1" },
      { MILLRACE_RESOURCES: "gpu" },
      { MILLRACE_RESOURCES: "gpu=1,disk" },
    ];
    expect(bad.map((env) => error({ env }))).toMatchInlineSnapshot(`
      [
        "ConfigError distributed/config | MILLRACE_THREADS: bad setting 'threads', got "many", wanted a whole number of 1 or more. Correct it, or leave it out.",
        "ConfigError distributed/config | MILLRACE_MEMORY_LIMIT: bad setting 'memory-limit', got -1, wanted bytes, text such as '2GiB', or 'auto'. Correct it, or leave it out.",
        "ConfigError distributed/config | MILLRACE_RESOURCES: bad setting 'resources', got "gpu", wanted amounts such as 'gpu=2,disk=1'. Correct it, or leave it out.",
        "ConfigError distributed/config | MILLRACE_RESOURCES: bad setting 'resources', got "gpu=1,disk", wanted amounts such as 'gpu=2,disk=1'. Correct it, or leave it out.",
      ]
    `);
  });
});

describe("the file", () => {
  it("holds every setting, in kebab-case or as in code, and may be empty", () => {
    const file = `# what this machine has
threads: 3
memory-limit: 2GiB
localDirectory: /tmp/spill
resources:
  gpu: 2
`;
    expect(loaded({ file })).toEqual({
      threads: 3,
      memoryLimit: "2GiB",
      localDirectory: "/tmp/spill",
      resources: { gpu: 2 },
    });
    expect([loaded({ file: "" }), loaded({ file: "# nothing\n" })]).toEqual([{}, {}]);
  });

  it("may say amounts and names as they are typed, and a value once for all", () => {
    const file = "threads: &two 2\nawaiting-tasks: *two\nresources: gpu=2\nallowed-hosts: a,b\n";
    expect(loaded({ file })).toEqual({ threads: 2, awaitingTasks: 2, resources: { gpu: 2 } });
  });

  it("with a name that is misspelt is told of by that alone, not by what may be a secret", () => {
    const told = error({ file: "tokn: supersecretvalue" });
    expect(told).toMatch(
      /there is no such setting, got "tokn", wanted one of threads, memory-limit/,
    );
    expect(told).not.toContain("supersecret");
  });

  it("is that of the working directory, else that of the user", () => {
    expect(loaded({ userFile: "threads: 5" })).toEqual({ threads: 5 });
    expect(loaded({ userFile: "threads: 5", file: "awaiting-tasks: 6" })).toEqual({
      awaitingTasks: 6,
    });
  });

  it("is the one that MILLRACE_CONFIG names", () => {
    const path = join(folder, "named.yaml");
    writeFileSync(path, "threads: 9");
    expect(loaded({ file: "threads: 3", env: { MILLRACE_CONFIG: path } })).toEqual({ threads: 9 });
  });

  it("that MILLRACE_CONFIG names must be there, and a file", () => {
    expect(["absent.yaml", "."].map((path) => error({ env: { MILLRACE_CONFIG: path } })))
      .toMatchInlineSnapshot(`
        [
          "ConfigError distributed/config | MILLRACE_CONFIG: there is no such file, got 'absent.yaml', wanted the path of a YAML file. Correct it.",
          "ConfigError distributed/config | .: it cannot be read: EISDIR: illegal operation on a directory, read",
        ]
      `);
  });

  it("with mistakes is named with the line", () => {
    const bad = [
      "# first\n\nthreads: zero",
      "threads: 2\nthread: 4",
      "threads:\n",
      "threads: 2\nthreads: 3",
      "- threads: 2",
      "threads: [1",
      "memory-limit: 2 GiBi",
      "resources:\n  gpu: many",
      "1: 2",
    ];
    expect(bad.map((file) => error({ file }))).toMatchInlineSnapshot(`
      [
        "ConfigError distributed/config | millrace.yaml:3: bad setting 'threads', got "zero", wanted a whole number of 1 or more. Correct it, or leave it out.",
        "ConfigError distributed/config | millrace.yaml:2: there is no such setting, got "thread", wanted one of threads, memory-limit, local-directory, awaiting-tasks, resources, scheduler, scheduler-file, host, port, token, tls-ca, tls-cert, tls-key, insecure-network, allowed-hosts, idle-timeout, no-workers-timeout, pid-file, json, nthreads, nworkers, name, nanny, death-timeout, terminate-timeout, lifetime, lifetime-stagger, lifetime-restart. Correct the name.",
        "ConfigError distributed/config | millrace.yaml:1: bad setting 'threads', got null, wanted a whole number of 1 or more. Correct it, or leave it out.",
        "ConfigError distributed/config | millrace.yaml: Map keys must be unique at line 2, column 1:

      threads: 2
      threads: 3
      ^
      ",
        "ConfigError distributed/config | millrace.yaml: it holds no settings, wanted lines such as 'threads: 4'. Correct it.",
        "ConfigError distributed/config | millrace.yaml: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 12:

      threads: [1
                 ^
      ",
        "ConfigError distributed/config | millrace.yaml:1: bad setting 'memory-limit', got "2 GiBi", wanted bytes, text such as '2GiB', or 'auto'. Correct it, or leave it out.",
        "ConfigError distributed/config | millrace.yaml:1: bad setting 'resources', got an object, wanted an object of amounts, each a number of 0 or more. Correct it, or leave it out.",
        "ConfigError distributed/config | millrace.yaml:1: there is no such setting, got "1", wanted one of threads, memory-limit, local-directory, awaiting-tasks, resources, scheduler, scheduler-file, host, port, token, tls-ca, tls-cert, tls-key, insecure-network, allowed-hosts, idle-timeout, no-workers-timeout, pid-file, json, nthreads, nworkers, name, nanny, death-timeout, terminate-timeout, lifetime, lifetime-stagger, lifetime-restart. Correct the name.",
      ]
    `);
  });
});

describe("of two that say different things", () => {
  const file = "threads: 1\nawaiting-tasks: 1\nmemory-limit: 1MB";
  const env = { MILLRACE_THREADS: "2", MILLRACE_AWAITING_TASKS: "2" };

  it("configure counts more than a variable, and a variable more than the file", () => {
    expect(loaded({ file, env, configure: { threads: 3 } })).toEqual({
      threads: 3,
      awaitingTasks: 2,
      memoryLimit: "1MB",
    });
  });

  it("the one that counts less must be right all the same", () => {
    expect(error({ file: "threads: 0", env })).toContain("millrace.yaml:1");
  });
});
