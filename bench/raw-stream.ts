import { once } from "node:events";
import net, { type Socket } from "node:net";
import type { Block } from "../packages/distributed/src/codec/block.ts";

/** Asks the other side for bytes by their number, or announces some by a negative one. */
export class RawStream {
  readonly socket: Socket;
  #memory: Uint8Array = new Uint8Array(65_536);
  #left = 0;
  #isKept = false;
  #done: () => void = () => undefined;

  constructor(port: number) {
    this.socket = net.connect({
      port,
      host: "127.0.0.1",
      onread: {
        buffer: () => (this.#isKept ? this.#memory.subarray(-this.#left) : this.#memory),
        callback: (count) => {
          this.#left -= count;
          if (this.#left <= 0) this.#isKept = false;
          if (this.#left <= 0) this.#done();
          return true;
        },
      },
    });
    this.socket.setNoDelay(true);
  }

  async get(byteCount: number, isKept: boolean): Promise<void> {
    const kept = isKept ? new Uint8Array(new SharedArrayBuffer(byteCount)) : undefined;
    // The first read has its buffer already, which was handed out with the last one.
    this.#memory = new Uint8Array(65_536);
    await this.#ask(byteCount, byteCount, kept);
  }

  async give({ buffers: [bytes = new Uint8Array(0)] }: Block): Promise<void> {
    const done = this.#ask(-bytes.length, 1, undefined);
    for (let at = 0; at < bytes.length; at += 2 ** 20) {
      const isTaken = this.socket.write(bytes.subarray(at, at + 2 ** 20));
      if (!isTaken) await once(this.socket, "drain");
    }
    await done;
  }

  #ask(order: number, left: number, kept: Uint8Array | undefined): Promise<void> {
    this.#left = left;
    if (kept !== undefined) {
      this.#memory = kept;
      this.#isKept = true;
    }
    const line = Buffer.alloc(8);
    line.writeDoubleLE(order);
    this.socket.write(line);
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}
