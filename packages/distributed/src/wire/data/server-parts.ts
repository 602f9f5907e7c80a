import type { Block } from "../../codec/block.ts";
import type { DataServerLimits } from "./data-limits.ts";
import type { Gate } from "./gate.ts";

/** The name of a value: the task and the attempt that made it. */
export interface BlockName {
  readonly id: number;
  readonly version: number;
}

/** Where events are told; a `Log` of a cluster is one. */
export interface DataLog {
  debug(event: string, facts?: object): void;
  warn(event: string, facts?: object): void;
}

/** What all connections of a server share. */
export interface ServerParts {
  readonly limits: DataServerLimits;
  /** Undefined where everybody may come in who gets through to here. */
  readonly tokenDigest: Buffer | undefined;
  readonly blockOf: (name: BlockName) => Promise<Block | undefined>;
  readonly take: ((name: BlockName, block: Block) => Promise<void>) | undefined;
  readonly log: DataLog | undefined;
  /** Answers that are being given. */
  readonly answers: Gate;
  /** Bytes of blocks that are on their way out. */
  readonly bytes: Gate;
}
