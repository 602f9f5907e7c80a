import type { Watched } from "../packages/distributed/dist/http/watched.js";
import { routes } from "../packages/distributed/dist/http/routes.js";
import { Query } from "../packages/distributed/dist/http/query.js";
import { ComputeRowsReader } from "../packages/distributed/dist/messages/compute-rows.js";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";
import { Driver, doneReport } from "./scheduler-driver.ts";
import { expandedShape } from "./scheduler-shapes.ts";

type Told = ReturnType<Driver["submit"]>[number];

type Parameters = {
  readonly tasks: number;
  readonly workers: number;
  readonly repeats: number;
};

/** Paths with the parameters that cost the most. */
const asked: readonly (readonly [path: string, search: string])[] = [
  ["/", ""],
  ["/metrics", ""],
  ["/api/v1/cluster", ""],
  ["/api/v1/workers", "limit=1000"],
  ["/api/v1/runs", "limit=1000"],
  ["/api/v1/tasks", "state=processing&limit=1000"],
  ["/api/v1/tasks", "state=erred&limit=1000"],
  ["/api/v1/groups", "limit=1000"],
  ["/api/v1/events", "limit=1000"],
  ["/api/v1/task-stream", "limit=1000"],
  ["/api/v1/stories", "limit=1000"],
  ["/api/v1/story", "key=none"],
];

export const bench: Bench<Parameters> = {
  name: "scheduler-http",
  question:
    "How long does a request for what a scheduler knows keep its thread from anything else?",
  parameters: {
    small: { tasks: 2_500, workers: 8, repeats: 1 },
    full: { tasks: 1_000_000, workers: 1_000, repeats: 5 },
  },
  async run({ tasks, workers, repeats }) {
    const driver = new Driver(workers, { attemptsMax: 65_536, journalMax: 1_024 });
    finishSome(driver, driver.submit(expandedShape("random", tasks)), tasks / 20);
    const watched = watchedBy(driver);
    const found: BenchRow[] = [];
    const answers: string[] = [];
    for (const [path, search] of asked) {
      const stretches: Stretches[] = [];
      for (let n = 0; n < repeats; n++) stretches.push(await stretchesOf(watched, path, search));
      const longestMs = median(stretches.map(({ longest }) => longest));
      found.push({
        case: search === "" ? path : `${path}?${search}`,
        medianMs: median(stretches.map(({ total }) => total)),
        longestStretchMs: longestMs.toFixed(2),
        bytes: stretches[0]?.bytes ?? 0,
      });
      answers.push(`${path} ${stretches[0]?.status}`);
    }
    const baseline = found[0]?.medianMs ?? NaN;
    const rows = found.map((row) => ({ ...row, ratio: row.medianMs / baseline }));
    return { rows, answer: answers.join(", ") };
  },
};

/** Ends so many tasks, so that there is something to tell. */
function finishSome(driver: Driver, told: readonly Told[], count: number): void {
  const queue = [...told];
  for (let n = 0; n < queue.length && count > 0; n++) {
    const instruction = queue[n] as Told;
    if (instruction.kind !== "tell-worker" || instruction.message.kind !== "compute") continue;
    const reader = new ComputeRowsReader(instruction.message.rows);
    const done: number[] = [];
    while (reader.nextTask()) {
      for (let i = 0; i < reader.inputCount; i++) reader.nextInput();
      done.push(reader.task, reader.attempt, 1e6, 10);
      count--;
    }
    queue.push(...driver.feed([doneReport(instruction.epoch, done)], n));
  }
}

function watchedBy({ machine }: Driver): Watched {
  return {
    view: machine.view,
    version: "0.0.0",
    url: "ws://127.0.0.1:1",
    startedMs: 0,
    nowMs: () => 0,
    wall: (atMs) => atMs,
    vitalsOf: () => undefined,
    ownLines: () => [],
    linesOf: async () => [],
  };
}

type Stretches = {
  readonly longest: number;
  readonly total: number;
  readonly status: number;
  readonly bytes: number;
};

/** Answers as the server does, and notes how long it goes on before others have their turn. */
async function stretchesOf(watched: Watched, path: string, search: string): Promise<Stretches> {
  let longest = 0;
  let total = 0;
  let startMs = performance.now();
  const note = (): void => {
    const tookMs = performance.now() - startMs;
    longest = Math.max(longest, tookMs);
    total += tookMs;
  };
  const pause = async (): Promise<void> => {
    note();
    await new Promise((resolve) => setImmediate(resolve));
    startMs = performance.now();
  };
  const route = routes.get(path);
  if (route === undefined) throw new Error(`there is no ${path}`);
  const query = new Query(search, route.parameters);
  const { status, body } = await route.answer(watched, query, pause);
  let bytes = 0;
  if (typeof body === "string") bytes = Buffer.byteLength(body);
  else {
    for (const piece of body) {
      bytes += Buffer.byteLength(piece);
      await pause();
    }
  }
  note();
  return { longest, total, status, bytes };
}
