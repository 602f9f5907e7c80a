import type { Block } from "../../codec/block.ts";
import type { Log } from "../../log.ts";
import type { DataServerLimits } from "./data-limits.ts";
import type { Gate } from "./gate.ts";

/** The name of a value: the task and the attempt that made it. */
export interface BlockName {
  readonly id: number;
  readonly version: number;
}

/** Where events are told. */
export type DataLog = Pick<Log, "debug" | "warn">;

/** What all connections of a server share. */
export interface ServerParts {
  readonly limits: DataServerLimits;
  /** Undefined where everybody may come in who gets through to here. */
  readonly token: string | undefined;
  readonly blockOf: (name: BlockName) => Promise<Block | undefined>;
  readonly take: ((name: BlockName, block: Block) => Promise<void>) | undefined;
  readonly log: DataLog | undefined;
  /** Answers that are being given. */
  readonly answers: Gate;
  /** Bytes of blocks that are on their way out. */
  readonly bytes: Gate;
}
