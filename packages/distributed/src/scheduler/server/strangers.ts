import type { Socket } from "node:net";

/**
 * The connections of which nobody knows yet whose they are. There may be only so many at a time:
 * one more is closed at once, whatever it was going to say.
 */
export class Strangers {
  readonly #max: number;
  /** By the address at the other end, which a connection and the TLS in it have in common. */
  readonly #sockets = new Map<string, Socket>();

  constructor(max: number) {
    this.#max = max;
  }

  /** A connection has been made. */
  came(socket: Socket): void {
    const name = nameOf(socket);
    if (this.#sockets.size >= this.#max) {
      socket.destroy();
      return;
    }
    this.#sockets.set(name, socket);
    socket.once("close", () => {
      // The port at the other end may be in use again by now.
      if (this.#sockets.get(name) === socket) this.#sockets.delete(name);
    });
  }

  /** Whoever is at the other end has said who it is. */
  met(socket: Socket): void {
    this.#sockets.delete(nameOf(socket));
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
