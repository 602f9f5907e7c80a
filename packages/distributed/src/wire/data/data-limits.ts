import { quoteValue } from "@millrace/graph/tasks";
import { CONTROL_LIMITS, type ControlLimits } from "../../codec/control/control-limits.ts";
import { invalidArgument } from "../../errors.ts";

/** What a server of blocks bears, and how long it waits. All may be set. */
export interface DataServerLimits {
  /** Peers that are connected at a time; one more takes the place of the one idle for longest. */
  readonly connectionsMax: number;
  /** Sockets that have not shown who they are; one more is closed at once. */
  readonly unauthenticatedMax: number;
  /** Answers that are being given at a time; who asks beyond waits. */
  readonly answersMax: number;
  /**
   * Bytes of blocks that are on their way out, as far as the system has not taken them; who asks
   * beyond waits, and a larger block goes alone.
   */
  readonly answerBytesMax: number;
  /** Requests of one connection that wait for their answer; beyond, no more is read from it. */
  readonly requestsMax: number;
  /** The most that one push may announce. */
  readonly pushBytesMax: number;
  /** How long a peer has to say who it is. */
  readonly handshakeMs: number;
  /** How long a peer that has to send or to take bytes may do neither. */
  readonly progressMs: number;
  /** How long a connection may be idle. Longer than that of clients, so that those close first. */
  readonly idleMs: number;
}

/** What a client of blocks takes, and how long it waits. All may be set. */
export interface DataClientLimits {
  /** Connections to one peer; what is asked beyond waits behind other questions. */
  readonly connectionsMax: number;
  /** The most that one answer may announce. */
  readonly answerBytesMax: number;
  readonly handshakeMs: number;
  /** How long a peer that owes an answer may be silent. */
  readonly progressMs: number;
  /** How long a connection is kept that nobody uses. */
  readonly idleMs: number;
  /** Connections that are kept so, to all peers. */
  readonly idleMax: number;
}

const GIB = 2 ** 30;

/** What holds for a server of which nothing else is said. */
export const SERVER_LIMITS: DataServerLimits = Object.freeze({
  connectionsMax: 1_024,
  unauthenticatedMax: 256,
  answersMax: 32,
  answerBytesMax: GIB / 4,
  requestsMax: 16,
  pushBytesMax: 16 * GIB,
  handshakeMs: 10_000,
  progressMs: 15_000,
  idleMs: 75_000,
});

/** What holds for a client of which nothing else is said. */
export const CLIENT_LIMITS: DataClientLimits = Object.freeze({
  connectionsMax: 4,
  answerBytesMax: 16 * GIB,
  handshakeMs: 10_000,
  progressMs: 15_000,
  idleMs: 60_000,
  idleMax: 128,
});

/** Frames of a server that was chosen to be asked: the table of a block may have many buffers. */
export const ANSWER_LIMITS: ControlLimits = Object.freeze({
  ...CONTROL_LIMITS,
  frameBytesMax: 2 ** 24,
});

/**
 * Limits with the defaults filled in.
 *
 * @throws DistributedError `distributed/invalid-argument` for one that is not known, or is no
 *   number from 1
 */
export function limitsFrom<L extends object>(api: string, defaults: L, given: Partial<L>): L {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults).join(", ");
      throw invalidArgument(api, "there is no such limit", name, `one of ${known}`, "Correct it.");
    }
    // Timers take no longer ones.
    const most = name.endsWith("Ms") ? 2 ** 31 - 1 : Infinity;
    const isCount = Number.isInteger(value) || value === Infinity;
    if (value !== undefined && !(isCount && (value as number) >= 1 && (value as number) <= most)) {
      const got = `${name}: ${quoteValue(value)}`;
      throw invalidArgument(api, "a limit is no good", got, "an integer from 1", "Correct it.");
    }
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}
