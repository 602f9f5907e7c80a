import { RemoteWorker, SchedulerServer } from "@millrace/distributed/command";
import { main } from "../../../packages/millrace/dist/cli/main.js";
import type { World } from "../../../packages/millrace/dist/cli/world.js";

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
  let stopped: ((count: number) => void) | undefined;
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
  return { ended, ready, stop: () => stopped?.(++count) };
}
