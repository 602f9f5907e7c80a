import type { Block } from "../../codec/block.ts";
import type { DataClient } from "../../wire/data/data-client.ts";

/** A worker that is asked for values, or given some. */
export type PortPeer = Parameters<DataClient["fetch"]>[0];
export type Wants = Parameters<DataClient["fetch"]>[1];
export type NamedBlocks = Parameters<DataClient["push"]>[1];

/** From the client of a task thread to the main thread, which has its connection. */
export type FromPort =
  | { readonly kind: "frame"; readonly bytes: Uint8Array; readonly fin: boolean }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "terminate" }
  /** There is one `answer`, or `no-answer`, with this number. */
  | {
      readonly kind: "fetch";
      readonly question: number;
      readonly peer: PortPeer;
      readonly wants: Wants;
    }
  | {
      readonly kind: "push";
      readonly question: number;
      readonly peer: PortPeer;
      readonly blocks: NamedBlocks;
    };

/** What a worker has answered: blocks that were asked for, or why blocks were not taken. */
export type PortAnswer = readonly (Block | undefined)[] | readonly (string | undefined)[];

/** To the client of a task thread. The first message is `connected`, or `failed`. */
export type ToPort =
  | { readonly kind: "connected"; readonly name: string }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "frame"; readonly bytes: Uint8Array; readonly isBinary: boolean }
  | { readonly kind: "closed"; readonly code: number; readonly reason: string }
  /** So many bytes of what was sent are on their way. */
  | { readonly kind: "passed-on"; readonly bytes: number }
  | { readonly kind: "answer"; readonly question: number; readonly answer: PortAnswer }
  | { readonly kind: "no-answer"; readonly question: number; readonly reason: string };
