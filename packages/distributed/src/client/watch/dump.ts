import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type {
  ApiCluster,
  ApiEvents,
  ApiGroups,
  ApiPage,
  ApiRing,
  ApiRuns,
  ApiStories,
  ApiTaskStream,
} from "../../http/api.ts";
import type { ApiReader } from "./api-reader.ts";
import { allWorkers, logOf, logsOfAll } from "./questions.ts";

const format = 1;
const pageItems = 1_000;

/**
 * Writes what a scheduler knows to a file: JSON lines, compressed by gzip, each with a `kind`. The
 * file is there as a whole or not at all, and nobody else can read it. It holds no values of tasks
 * and no secrets.
 */
export async function dump(api: ApiReader, path: string): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(
      Readable.from(linesOf(api)),
      createGzip(),
      createWriteStream(part, { flags: "wx", mode: 0o600 }),
    );
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function* linesOf(api: ApiReader): AsyncGenerator<string> {
  let count = 0;
  for await (const [kind, item] of itemsOf(api)) {
    count++;
    yield `${JSON.stringify({ kind, ...item })}\n`;
  }
  // Whoever reads it sees that it is all there.
  yield `${JSON.stringify({ kind: "end", count })}\n`;
}

type Item = readonly [kind: string, item: object];

async function* itemsOf(api: ApiReader): AsyncGenerator<Item> {
  yield ["dump", { format, madeMs: Date.now() }];
  yield ["cluster", await api.read<ApiCluster>("/api/v1/cluster", "version")];
  for (const worker of await allWorkers(api)) yield ["worker", worker];
  yield* pages<ApiRuns>(api, "run", "/api/v1/runs", ({ runs }) => runs);
  yield* pages<ApiGroups>(api, "group", "/api/v1/groups", ({ groups }) => groups);
  yield* ring<ApiEvents>(api, "event", "/api/v1/events", ({ events }) =>
    events.map(({ kind: event, ...facts }) => ({ event, ...facts })),
  );
  yield* ring<ApiTaskStream>(api, "attempt", "/api/v1/task-stream", ({ attempts }) => attempts);
  yield* ring<ApiStories>(api, "story", "/api/v1/stories", ({ story }) => story);
  yield ["log", { worker: null, lines: await logOf(api, undefined) }];
  for (const [worker, lines] of await logsOfAll(api)) yield ["log", { worker, lines }];
}

async function* pages<T extends ApiPage>(
  api: ApiReader,
  kind: string,
  path: string,
  listOf: (page: T) => readonly object[],
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const page: T = await api.read<T>(path, "next", { limit: pageItems, cursor });
    for (const item of listOf(page)) yield [kind, item];
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** A ring as it was when it was begun to be read: it may grow faster than it is read. */
async function* ring<T extends ApiRing>(
  api: ApiReader,
  kind: string,
  path: string,
  listOf: (page: T) => readonly object[],
): AsyncGenerator<Item> {
  const { next: end } = await api.read<T>(path, "next", { limit: 0 });
  for (let since = 0; since < end;) {
    const page: T = await api.read<T>(path, "next", { limit: pageItems, since });
    for (const item of listOf(page)) yield [kind, item];
    if (page.next <= since) return;
    since = page.next;
  }
}
