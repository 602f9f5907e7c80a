import { join } from "node:path";
import { RemoteWorker, SchedulerServer } from "@millrace/distributed/command";
import { afterAll, beforeEach, onTestFinished } from "vitest";
import { main } from "../../../packages/millrace/dist/cli/main.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import type { World } from "../../../packages/millrace/dist/cli/world.js";

/** What a scheduler says when it is ready. */
export interface Ready {
  readonly url: string;
  readonly schedulerFile: string;
}

/** Nothing that is set outside is seen by the tests of a file, each of which has a folder. */
export function isolated(): { readonly path: string } {
  const before = { ...process.env };
  const folder = { path: "" };
  beforeEach(() => {
    folder.path = scratchFolder();
    for (const name of Object.keys(process.env)) {
      if (name.startsWith("MILLRACE_")) delete process.env[name];
    }
    process.env["XDG_RUNTIME_DIR"] = folder.path;
    process.env["XDG_CONFIG_HOME"] = join(folder.path, "config");
  });
  afterAll(() => {
    process.env = before;
  });
  return folder;
}

/** A command that is ended when the test ends. */
export function started(...argv: string[]): Running {
  const running = run(argv);
  onTestFinished(async () => {
    running.stop();
    await running.ended;
  });
  return running;
}

/** A scheduler that is ended when the test ends, on a port that was free. */
export async function schedulerHere(...argv: string[]): Promise<Ready & { running: Running }> {
  const running = started("scheduler", "--port", "0", "--json", ...argv);
  return { running, ...(JSON.parse(await running.ready) as Ready) };
}

/** How a command ended, and what it wrote. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command that runs in this process. */
export interface Running {
  readonly ended: Promise<Ran>;
  /** Resolves with the first line that it writes; rejects where it ends without one. */
  readonly ready: Promise<string>;
  /** What Ctrl-C does. */
  stop(): void;
}

/** Runs a command line here, with the real scheduler and worker unless others are given. */
export function run(argv: readonly string[], given: Partial<World> = {}): Running {
  const written = { out: "", err: "" };
  let count = 0;
  let stopped: ((count: number, signal: "SIGINT") => void) | undefined;
  let isReady: (line: string) => void = () => undefined;
  const line = new Promise<string>((resolve) => {
    isReady = resolve;
  });
  const world: World = {
    out: (text) => {
      written.out += text;
      isReady(text);
    },
    err: (text) => {
      written.err += text;
    },
    startScheduler: (options) => SchedulerServer.start(options),
    startWorker: (options) => RemoteWorker.start(options),
    onStop: (stop) => {
      stopped = stop;
      return () => {
        stopped = undefined;
      };
    },
    ...given,
  };
  const ended = main(argv, world).then((code) => ({ code, ...written }));
  const unready = ended.then(({ err }) => Promise.reject(new Error(`it ended: ${err}`)));
  const ready = Promise.race([line, unready]);
  // Whoever does not wait for it is not told.
  ready.catch(() => undefined);
  return { ended, ready, stop: () => stopped?.(++count, "SIGINT") };
}
