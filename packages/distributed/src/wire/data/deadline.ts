import type { Socket } from "node:net";

/**
 * Calls `late` when nothing was read or written for as long as was set last. Bytes that have come
 * and were not read, since this process was busy, count as heard: they are read before it is
 * decided. Its timers keep no process alive.
 */
export class Deadline {
  readonly #socket: Socket;
  #ms = 0;

  constructor(socket: Socket, late: () => void) {
    this.#socket = socket;
    socket.on("timeout", () => {
      const { bytesRead } = socket;
      // One round of the loop reads what is there.
      setImmediate(() =>
        setImmediate(() => {
          if (socket.destroyed || this.#ms === 0) return;
          if (socket.bytesRead === bytesRead) late();
          else socket.setTimeout(this.#ms);
        }),
      );
    });
  }

  /** From now on, or not at all with 0. */
  set(ms: number): void {
    if (ms === this.#ms) return;
    this.#ms = ms;
    this.#socket.setTimeout(ms === Infinity ? 0 : ms);
  }

  /** Counts from now, as if something had been heard. */
  renew(): void {
    this.#socket.setTimeout(this.#ms === Infinity ? 0 : this.#ms);
  }
}
