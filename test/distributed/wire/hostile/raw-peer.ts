import { randomBytes } from "node:crypto";
import net from "node:net";
import type { Socket } from "node:net";
import { encodeControl } from "../../../../packages/distributed/dist/codec/control/control-frame.js";
import type { FromClient } from "../../../../packages/distributed/dist/wire/client-wire.js";
import type { WorkerMessage } from "../../../../packages/distributed/dist/messages/worker-messages.js";
import { packFromClient } from "../../../../packages/distributed/dist/wire/client-wire.js";
import { protocolVersion } from "../../../../packages/distributed/dist/wire/greeting.js";
import { Outgoing } from "../../../../packages/distributed/dist/wire/outgoing.js";
import { wireLimits } from "../../../../packages/distributed/dist/wire/wire-limits.js";
import { packFromWorker } from "../../../../packages/distributed/dist/wire/worker-wire.js";
import { until } from "../../../cluster/lib/until.ts";

/** Codes of frames of the WebSocket protocol. */
export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** What may be wrong with a frame. */
export interface FrameOptions {
  readonly opcode?: number;
  readonly isLast?: boolean;
  readonly isMasked?: boolean;
  /** The length that it tells. */
  readonly length?: number | bigint;
}

/** A frame of a client, as bytes. */
export function frameOf(payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = opcodes.binary, isLast = true, isMasked = true } = options;
  const length = BigInt(options.length ?? payload.length);
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10);
  head[0] = (isLast ? 0x80 : 0) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(Number(length), 2);
  if (head.length === 10) head.writeBigUInt64BE(length, 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** A socket to a scheduler, on which anything may be said. */
export class RawPeer {
  readonly socket: Socket;
  /** All that has come. */
  received: Buffer = Buffer.alloc(0);
  isClosed = false;
  readonly #outgoing = new Outgoing(wireLimits);

  constructor(port: number) {
    this.socket = net.connect(port, "127.0.0.1");
    this.socket.on("data", (bytes) => {
      // Who floods is not interested in answers.
      if (this.received.length < 2 ** 20) this.received = Buffer.concat([this.received, bytes]);
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.isClosed = true));
  }

  write(bytes: Uint8Array | string): this {
    if (!this.socket.destroyed) this.socket.write(bytes);
    return this;
  }

  frame(payload: Uint8Array, options?: FrameOptions): this {
    return this.write(frameOf(payload, options));
  }

  /** A frame of whatever, as `encodeControl` writes it. */
  control(message: unknown): this {
    return this.frame(encodeControl(message));
  }

  fromWorker(message: WorkerMessage): this {
    return this.#say(packFromWorker(message, this.#outgoing));
  }

  fromClient(message: FromClient): this {
    return this.#say(packFromClient(message, this.#outgoing));
  }

  #say(message: unknown): this {
    this.#outgoing.add(message);
    for (const frame of this.#outgoing.take()) this.frame(Buffer.concat(frame));
    return this;
  }

  /** Asks to be let in. */
  upgrade(headers: Readonly<Record<string, string>>): this {
    const all = {
      Host: "127.0.0.1",
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    return this.write(`GET /ws HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  }

  /** The status of the answer to a request. */
  async status(): Promise<number> {
    await until("an answer", () => this.received.length > 12 || this.isClosed);
    return Number(this.received.toString("latin1").split(" ")[1] ?? 0);
  }

  /** The scheduler has ended the connection, in time. */
  async closed(timeoutMs = 5_000): Promise<string> {
    await until("the end of the connection", () => this.isClosed, timeoutMs);
    return this.received.toString("latin1");
  }

  end(): void {
    this.socket.destroy();
  }
}

/** A peer that has shown the token. */
export async function letIn(port: number, token: string): Promise<RawPeer> {
  const peer = new RawPeer(port).upgrade({ Authorization: `Bearer ${token}` });
  if ((await peer.status()) !== 101) throw new Error("not let in");
  return peer;
}

/** A peer that has said who it is, and is welcome. */
export async function welcome(
  port: number,
  token: string,
  role: "worker" | "client",
): Promise<RawPeer> {
  const peer = await letIn(port, token);
  const before = peer.received.length;
  const hello = { protocol: protocolVersion, role, name: "hostile", version: "0.1.0" };
  peer.control(role === "worker" ? { ...hello, address: "tcp://127.0.0.1:9" } : hello);
  await until("a welcome", () => peer.received.length > before || peer.isClosed);
  if (peer.isClosed) throw new Error("not welcome");
  return peer;
}
