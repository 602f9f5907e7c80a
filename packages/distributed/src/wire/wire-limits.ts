import type { ControlLimits } from "../codec/control/control-limits.ts";
import { CONTROL_LIMITS } from "../codec/control/control-limits.ts";

/** What a connection takes from its peer, and how much it lets wait for it. */
export interface WireLimits {
  /** What one frame of messages may hold. */
  readonly control: ControlLimits;
  /** Bytes of one part: of a graph, a function or a value that travels with a message. */
  readonly partBytesMax: number;
  /** Bytes of all parts that have come, or have begun to, and that no message has named yet. */
  readonly heldBytesMax: number;
  /** How many such parts there may be: each takes memory beside its bytes. */
  readonly heldPartsMax: number;
  /** Bytes that the socket is given before it has passed earlier ones on. */
  readonly sendingBytesMax: number;
  /** Bytes that wait for a peer that does not read. */
  readonly waitingBytesMax: number;
  /** A peer that reads nothing for so long, while more than that waits for it, is given up. */
  readonly stallMs: number;
}

/** The limits of a connection that is told nothing. */
export const wireLimits: WireLimits = {
  control: CONTROL_LIMITS,
  partBytesMax: 2 ** 30,
  heldBytesMax: 2 ** 31,
  heldPartsMax: 2 ** 15,
  sendingBytesMax: 4 * 2 ** 20,
  waitingBytesMax: 64 * 2 ** 20,
  stallMs: 15_000,
};
