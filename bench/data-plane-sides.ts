import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Block } from "../packages/distributed/src/codec/block.ts";
import { DataClient } from "../packages/distributed/src/wire/data/data-client.ts";
import type { BenchResult, BenchRow } from "./bench.ts";
import {
  PIECE_BYTES,
  blockOf,
  collectGarbage,
  type PeerReady,
  type PeerSettings,
} from "./data-plane-peer.ts";
import { median } from "./measure.ts";
import { RawStream } from "./raw-stream.ts";

/** What the bench `data-plane` measures. */
export type Measured = {
  readonly largeBytes: number;
  readonly smallCount: number;
  readonly repeats: number;
};

const SMALL_BYTES = 100;

process.send?.(await measure(JSON.parse(process.argv[2] ?? "") as Measured));
process.disconnect();

async function measure(measured: Measured): Promise<BenchResult> {
  const { largeBytes, smallCount } = measured;
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const settings: PeerSettings = { folder, largeBytes, smallCount, smallBytes: SMALL_BYTES };
  const peer = fork(new URL("./data-plane-peer.ts", import.meta.url), [JSON.stringify(settings)]);
  try {
    const [ready] = (await once(peer, "message")) as [PeerReady];
    const sides = await openSides(ready);
    const rows = await allRows(peer, sides, ready, measured);
    await sides.close();
    return { rows, answer: [...sides.answers].toSorted().join(", ") };
  } finally {
    peer.disconnect();
    await once(peer, "exit");
    await rm(folder, { recursive: true });
  }
}

type Sides = Awaited<ReturnType<typeof openSides>>;

async function openSides({ address, rawPort }: PeerReady) {
  const stream = new RawStream(rawPort);
  await once(stream.socket, "connect");
  const tcp = new DataClient({ token: "bench", host: "elsewhere", checksums: "network" });
  const here = new DataClient({ token: "bench", host: "here" });
  const answers = new Set<string>();
  return {
    stream,
    /** Says that it shares no machine, and wants checksums, as it would over a network. */
    checked: { client: tcp, peer: { address, host: "here" } },
    tcp: { client: here, peer: { address: address.replace(/\?.*/, ""), host: "here" } },
    socket: { client: here, peer: { address, host: "here" } },
    answers,
    close: async () => {
      stream.socket.destroy();
      await Promise.all([tcp.close(), here.close()]);
    },
  };
}

async function allRows(
  peer: ChildProcess,
  sides: Sides,
  { pieces }: PeerReady,
  { largeBytes, smallCount, repeats }: Measured,
): Promise<BenchRow[]> {
  const { stream, checked, tcp, socket, answers } = sides;
  const large = [{ id: 0, version: 0, piece: -1 }];
  const smalls = Array.from({ length: smallCount }, (_, n) => ({
    id: n + 1,
    version: 0,
    piece: -1,
  }));
  const inPieces = Array.from({ length: pieces }, (_, piece) => ({ id: -1, version: 0, piece }));
  const fetching = (side: Sides["tcp"], wants: typeof large) => async () => {
    const blocks = await side.client.fetch(side.peer, wants);
    const bytes = blocks.reduce((sum, block) => sum + bytesOf(block), 0);
    const edges = blocks.reduce((check, block) => crc32(edgeOf(block), check), 0);
    answers.add(`${wants.length} blocks of ${bytes} bytes: ${edges.toString(16)}`);
  };
  const block = blockOf(0, largeBytes);
  const pushing = (side: Sides["tcp"]) => async () => {
    const refusals = await side.client.push(side.peer, [{ id: -2, version: 0, block }]);
    answers.add(refusals[0] === undefined ? "given" : refusals.join());
  };
  const rate = (rows: BenchRow[], bytes: number): BenchRow[] =>
    rows.map((row) => ({ ...row, mbPerS: bytes / 1000 / row.medianMs }));
  const one = await inTurns(peer, repeats, true, {
    "a large block: stream that is dropped": () => stream.get(largeBytes, false),
    "stream into new memory": () => stream.get(largeBytes, true),
    "fetch over TCP": fetching(tcp, large),
    "fetch over a Unix socket": fetching(socket, large),
    "fetch over TCP with checksums": fetching(checked, large),
  });
  const given = await inTurns(peer, repeats, true, {
    "a large block given: stream that is dropped": () => stream.give(block),
    "push over TCP": pushing(tcp),
    "push over a Unix socket": pushing(socket),
  });
  const many = await inTurns(peer, repeats, false, {
    "small blocks: one stream of all": () => stream.get(smallCount * SMALL_BYTES, false),
    "fetch over TCP, small": fetching(tcp, smalls),
    "fetch over a Unix socket, small": fetching(socket, smalls),
  });
  const cut = await inTurns(peer, repeats, true, {
    "pieces of one block: one stream of all": () => stream.get(pieces * PIECE_BYTES, false),
    "fetch over TCP, pieces": fetching(tcp, inPieces),
    "fetch over a Unix socket, pieces": fetching(socket, inPieces),
  });
  return [
    ...rate(one, largeBytes),
    ...rate(given, largeBytes),
    ...many.map((row) => ({ ...row, usPerBlock: (row.medianMs * 1000) / smallCount })),
    ...rate(cut, pieces * PIECE_BYTES),
  ];
}

/**
 * Every case in turn, several rounds. Processor time is of both processes: on a busy machine it
 * says more than the time that passed.
 */
async function inTurns(
  peer: ChildProcess,
  repeats: number,
  isLarge: boolean,
  cases: Readonly<Record<string, () => Promise<void>>>,
): Promise<BenchRow[]> {
  const entries = Object.entries(cases).map(([name, run]) => {
    return { name, run, ms: [] as number[], cpuMs: [] as number[] };
  });
  for (let round = -1; round < repeats; round++) {
    for (const { run, ms, cpuMs } of entries) {
      // Of earlier rounds; V8 does not count it.
      if (isLarge) collectGarbage();
      const startCpuMs = await cpuMsOfBoth(peer, isLarge);
      const startMs = performance.now();
      await run();
      const tookMs = performance.now() - startMs;
      const tookCpuMs = (await cpuMsOfBoth(peer, isLarge)) - startCpuMs;
      if (round < 0) continue;
      ms.push(tookMs);
      cpuMs.push(tookCpuMs);
    }
  }
  const [first] = entries.map((entry) => ({ ms: median(entry.ms), cpuMs: median(entry.cpuMs) }));
  return entries.map(({ name, ms, cpuMs }) => ({
    case: name,
    medianMs: median(ms),
    ratio: median(ms) / (first?.ms ?? NaN),
    fastestMs: Math.min(...ms),
    cpuMs: median(cpuMs),
    cpuRatio: median(cpuMs) / (first?.cpuMs ?? NaN),
  }));
}

async function cpuMsOfBoth(peer: ChildProcess, isLarge: boolean): Promise<number> {
  peer.send(isLarge ? "collect" : "cpu");
  const [theirs] = (await once(peer, "message")) as [number];
  const { user, system } = process.cpuUsage();
  return theirs + (user + system) / 1000;
}

function bytesOf(block: Block | undefined): number {
  if (block === undefined) throw new Error("a block is missing");
  return block.buffers.reduce((sum, { length }) => sum + length, block.header.length);
}

/** The last bytes, which come last. */
function edgeOf(block: Block | undefined): Uint8Array {
  const last = block?.buffers.at(-1) ?? block?.header ?? new Uint8Array(0);
  return last.subarray(-64);
}
