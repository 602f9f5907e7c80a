import net, { type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Block } from "../packages/distributed/src/codec/block.ts";
import { encodeValue } from "../packages/distributed/src/codec/encode-value.ts";
import { DataServer } from "../packages/distributed/src/wire/data/data-server.ts";

/** What the other process of the bench `data-plane` serves. */
export type PeerSettings = {
  readonly folder: string;
  readonly largeBytes: number;
  readonly smallCount: number;
  readonly smallBytes: number;
};

/** Where it serves it. */
export type PeerReady = {
  readonly address: string;
  readonly rawPort: number;
  readonly pieces: number;
};

/** A piece of the block number -1. */
export const PIECE_BYTES = 100_000;

/** A block of one buffer, or a small one that is nothing but its header. */
export function blockOf(id: number, bytes: number): Block {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes));
  for (let n = 0; n < bytes; n += 997) memory[n] = id + n;
  memory[bytes - 1] = id;
  if (bytes < 1000) return { header: memory, buffers: [] };
  return { header: Uint8Array.of(1, 0, 7, 7), buffers: [memory] };
}

setFlagsFromString("--expose-gc");
/** Shared memory of earlier rounds goes now, and not while something is measured. */
export const collectGarbage = runInNewContext("gc") as () => void;

// Imported by the bench for what stands above; run by it for the rest.
if (process.argv[2]?.startsWith("{") === true && process.send !== undefined) {
  await serve(JSON.parse(process.argv[2]) as PeerSettings);
}

async function serve({ folder, largeBytes, smallCount, smallBytes }: PeerSettings): Promise<void> {
  const large = blockOf(0, largeBytes);
  const smalls = Array.from({ length: smallCount }, (_, n) => blockOf(n + 1, smallBytes));
  const pieces = Math.max(2, Math.floor(largeBytes / PIECE_BYTES / 4));
  const items = Array.from({ length: pieces }, (_, n) => new Uint8Array(PIECE_BYTES).fill(n));
  const inPieces = encodeValue(items, { pieces: true });
  const server = await DataServer.listen({
    host: "127.0.0.1",
    socketDirectory: folder,
    token: "bench",
    blockOf: async ({ id }) => (id === 0 ? large : id < 0 ? inPieces : smalls[id - 1]),
    take: async (_name, block) => {
      if (block.buffers[0]?.at(-1) !== 0) throw new Error("other bytes");
    },
  });
  const raw = net.createServer((socket) => serveRaw(socket, large.buffers[0] as Uint8Array));
  raw.listen(0, "127.0.0.1", () => {
    const { port } = raw.address() as net.AddressInfo;
    process.send?.({ address: server.address, rawPort: port, pieces } satisfies PeerReady);
  });
  process.on("message", (order) => {
    if (order === "collect") collectGarbage();
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1000);
  });
  process.on("disconnect", () => process.exit(0));
}

/** Sends as many bytes as asked for, or reads as many as announced and says so. */
function serveRaw(socket: Socket, bytes: Uint8Array): void {
  socket.setNoDelay(true);
  let left = 0;
  socket.on("data", (data: Buffer) => {
    let rest = data;
    if (left === 0) {
      const order = data.readDoubleLE(0);
      rest = data.subarray(8);
      if (order > 0) send(socket, bytes.subarray(0, order));
      else left = -order;
    }
    if (left === 0) return;
    left -= rest.length;
    if (left === 0) socket.write("k");
  });
  socket.on("error", () => socket.destroy());
}

function send(socket: Socket, bytes: Uint8Array): void {
  let at = 0;
  const next = (): void => {
    while (at < bytes.length) {
      const isTaken = socket.write(bytes.subarray(at, at + 2 ** 20));
      at += 2 ** 20;
      if (isTaken) continue;
      socket.once("drain", next);
      return;
    }
  };
  next();
}
