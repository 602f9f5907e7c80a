import { createHash } from "node:crypto";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import {
  DataClient,
  type DataClientOptions,
  type DataPeer,
} from "../../../packages/distributed/src/wire/data/data-client.ts";
import type { DataWant } from "../../../packages/distributed/src/wire/data/data-messages.ts";
import {
  DataServer,
  type DataServerOptions,
} from "../../../packages/distributed/src/wire/data/data-server.ts";
import type { BlockName } from "../../../packages/distributed/src/wire/data/server-parts.ts";

/** A server with blocks by their ids, closed when the test ends. */
export async function serve(
  blocks: Readonly<Record<number, Block>>,
  options: Partial<DataServerOptions> = {},
): Promise<DataServer> {
  const server = await DataServer.listen({
    host: "127.0.0.1",
    token: "secret",
    blockOf: async ({ id }) => blocks[id],
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

/** A client on the machine "here", closed when the test ends. */
export function connect(options: Partial<DataClientOptions> = {}): DataClient {
  const client = new DataClient({ token: "secret", host: "here", ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A server as others see it, by default from another machine. */
export function peerOf(server: { readonly address: string }, host = "there"): DataPeer {
  return { address: server.address, host };
}

export function whole(...ids: readonly number[]): DataWant[] {
  return ids.map((id) => ({ id, version: 0, piece: -1 }));
}

/** A block of a header and buffers of these lengths, with bytes that say where they are. */
export function blockOf(headerLength: number, ...lengths: readonly number[]): Block {
  const part = (length: number, n: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = at * 31 + (at >> 8) + n * 7 + 1;
    return bytes;
  };
  return { header: part(headerLength, 0), buffers: lengths.map((each, n) => part(each, n + 1)) };
}

/** What is in a block, to be compared: the length and a hash of each part. */
export function bytesOf(block: Block | undefined): readonly string[] | undefined {
  if (block === undefined) return undefined;
  return [block.header, ...block.buffers].map(
    (part) => `${part.length} ${createHash("sha1").update(part).digest("base64")}`,
  );
}

/** Keeps what is pushed. */
export function keeper(): {
  readonly kept: { readonly name: BlockName; readonly block: Block }[];
  readonly take: (name: BlockName, block: Block) => Promise<void>;
} {
  const kept: { readonly name: BlockName; readonly block: Block }[] = [];
  return { kept, take: async (name, block) => void kept.push({ name, block }) };
}

export interface Listener {
  readonly address: string;
  readonly sockets: Set<Socket>;
  /** How many have connected so far. */
  readonly count: () => number;
}

/** A server of the test's own, in the place of a worker. */
export async function listen(serveOne: (socket: Socket, n: number) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    serveOne(socket, count++);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { address: `tcp://127.0.0.1:${port}`, sockets, count: () => count };
}

/**
 * Stands between a client and a server; `change` gets what the server sends, and how much of this
 * connection was sent before, and gives what the client gets, or undefined for an end.
 */
export async function between(
  server: { readonly address: string },
  change: (bytes: Buffer, before: number, connection: number) => Buffer | undefined,
): Promise<Listener> {
  const { port, hostname } = new URL(server.address.replace("tcp:", "http:"));
  return listen((socket, n) => {
    const behind = net.connect(Number(port), hostname);
    let before = 0;
    socket.pipe(behind);
    behind.on("data", (bytes) => {
      const changed = change(bytes, before, n);
      before += bytes.length;
      if (changed === undefined) socket.destroy();
      else socket.write(changed);
    });
    behind.on("error", () => socket.destroy());
    behind.on("close", () => socket.destroy());
    socket.on("close", () => behind.destroy());
  });
}

/** Connects as nobody, says some bytes, and gives what is answered before the end. */
export async function say(
  server: { readonly address: string },
  ...bytes: readonly Uint8Array[]
): Promise<Buffer> {
  const { port, hostname } = new URL(server.address.replace("tcp:", "http:"));
  const socket = net.connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  // A server that closes on what was not read says so.
  socket.on("error", () => socket.destroy());
  for (const each of bytes) socket.write(each);
  await new Promise((resolve) => socket.on("close", resolve));
  return Buffer.concat(chunks);
}

/** A frame with its length. */
export function framed(frame: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.length);
  return Buffer.concat([length, frame]);
}
