import type { WebSocket } from "ws";

/** How often a peer is asked for a sign of life, and how often in a row it may give none. */
export interface SignsOfLife {
  readonly everyMs: number;
  readonly missesMax: number;
}

const signsDefault: SignsOfLife = { everyMs: 5_000, missesMax: 3 };

/**
 * Breaks a connection whose peer does not answer any more: a network that is cut tells nobody.
 * Questions are counted, not time, so that a process which stood still itself blames no peer. Its
 * timer keeps no process alive.
 */
export function expectSignsOfLife(
  socket: WebSocket,
  { everyMs, missesMax }: SignsOfLife = signsDefault,
): void {
  let misses = 0;
  const heard = (): void => {
    misses = 0;
  };
  socket.on("pong", heard).on("message", heard);
  const timer = setInterval(() => {
    if (misses >= missesMax) socket.terminate();
    else if (socket.readyState === socket.OPEN) {
      misses++;
      socket.ping();
    }
  }, everyMs).unref();
  socket.once("close", () => clearInterval(timer));
}
