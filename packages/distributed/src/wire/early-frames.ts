import type { WebSocket } from "ws";

/** A frame as `ws` gives it. */
export interface EarlyFrame {
  readonly data: unknown;
  readonly isBinary: boolean;
}

interface Keeper {
  readonly frames: EarlyFrame[];
  readonly socket: WebSocket;
  readonly keep: (data: unknown, isBinary: boolean) => void;
}

/** Frames of one chunk of the network: few, and the peer has been let in by then. */
const keepers = new WeakMap<object, Keeper>();

/**
 * Keeps what comes while nobody listens: a paused socket reads nothing more, but gives what it has
 * read already, such as messages that came together with the first word.
 */
export function keepEarlyFrames(socket: WebSocket): void {
  const frames: EarlyFrame[] = [];
  const keep = (data: unknown, isBinary: boolean): void => {
    frames.push({ data, isBinary });
  };
  keepers.set(socket, { frames, socket, keep });
  socket.on("message", keep);
}

/** What came so far, in its order; whoever takes it listens from now on. */
export function takeEarlyFrames(socket: object): readonly EarlyFrame[] {
  const keeper = keepers.get(socket);
  if (keeper === undefined) return [];
  keepers.delete(socket);
  keeper.socket.off("message", keeper.keep);
  return keeper.frames;
}
