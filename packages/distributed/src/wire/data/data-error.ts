import { DistributedError } from "../../errors.ts";

/** A peer gave no whole answer; whatever had come of it is dropped. Another holder may be asked. */
export class PeerLostError extends DistributedError {
  override readonly name = "PeerLostError";
  /** Whether the peer has certainly not said a word to this question. */
  readonly isUnheard: boolean;
  /** Whether no connection came to be. */
  readonly isUnreached: boolean;

  constructor(
    api: string,
    address: string,
    reason: string,
    { isUnheard = false, isUnreached = false, cause }: PeerLoss = {},
  ) {
    super(
      "distributed/peer-lost",
      `${api}: a peer gave no whole answer, got ${reason} from ${address}, wanted all blocks. ` +
        "Ask another worker that has them.",
      cause === undefined ? undefined : { cause },
    );
    this.isUnheard = isUnheard;
    this.isUnreached = isUnreached;
  }
}

/** How a peer was lost. */
export interface PeerLoss {
  readonly isUnheard?: boolean;
  readonly isUnreached?: boolean;
  readonly cause?: unknown;
}

/** Bytes that the other side cannot have meant; the connection is not to be used any more. */
export class CorruptDataError extends DistributedError {
  /** Whether a peer that was let in sent what cannot be, and this side lacks nothing to take it. */
  readonly isOfPeer: boolean;

  constructor(from: string, found: string, isOfPeer: boolean) {
    super(
      "distributed/corrupt-frame",
      `data: what a peer sent is not intact, got ${found} from ${from}, wanted what it announced. ` +
        "Close the connection and ask another worker.",
    );
    this.isOfPeer = isOfPeer;
  }
}

/** The other side does not want this peer, and says why. */
export function refusedBy(api: string, address: string, reason: string): DistributedError {
  return new DistributedError(
    "distributed/refused",
    `${api}: a worker refuses this peer, got "${reason}" from ${address}, wanted a welcome. ` +
      "Use the token and the version of the cluster.",
  );
}

/** What was found that cannot be; whoever has the connection says from whom. */
export class DataFault extends Error {
  override readonly name = "DataFault";
}

/** This side cannot or may not take what the other one sends, which may be intact. */
export class DataTooLarge extends DataFault {}
