import type { Block } from "../../codec/block.ts";
import { blockBytes } from "../../codec/block.ts";
import { sliceBlock } from "../../codec/pieces.ts";
import { BlockSender } from "./block-sender.ts";
import type { DataRequest } from "./data-messages.ts";
import type { Outgoing } from "./outgoing.ts";
import type { ServerParts } from "./server-parts.ts";

/** A question for blocks. */
export type FetchRequest = Extract<DataRequest, { kind: "fetch" }>;

/** Values that are looked for at the same time are about so large together. */
const AHEAD_BYTES = 8 * 2 ** 20;
const AHEAD_MAX = 1_024;

/**
 * Answers a question: blocks in their order, looked for a few at a time, as many as are small by
 * the size of those before. What is not to be had is said so, and the rest still comes.
 *
 * @throws SocketGone
 */
export async function answerFetch(
  parts: ServerParts,
  out: Outgoing,
  request: FetchRequest,
  isGone: () => boolean,
): Promise<void> {
  const { number, ids } = request;
  const sender = new BlockSender(out, (table) => ({ kind: "blocks", number, ...table }));
  let bytes = 0;
  for (let at = 0; at < ids.length;) {
    const size = bytes / Math.max(1, at);
    const count = at === 0 ? 1 : Math.min(AHEAD_MAX, Math.ceil(AHEAD_BYTES / Math.max(1, size)));
    const end = Math.min(ids.length, at + count);
    if (!parts.bytes.isOpen) {
      // What was gathered so far must not wait for others.
      await sender.send();
      if (!(await parts.bytes.enter(0, isGone))) return;
    }
    const found = await Promise.all(
      Array.from({ length: end - at }, (_, n) => find(parts, request, at + n)),
    );
    const held = found.reduce((sum, { block }) => sum + sizeOf(block), 0);
    bytes += found.reduce((sum, { wholeBytes }) => sum + wholeBytes, 0);
    at = end;
    parts.bytes.add(held);
    try {
      for (const { block } of found) await sender.add(block);
      if (held >= AHEAD_BYTES / 2) await sender.send();
    } finally {
      parts.bytes.leave(held);
    }
  }
  await sender.send();
  out.frame({ kind: "fetched", number, checks: sender.takeChecks() });
  out.flush();
  await out.room();
}

interface Found {
  readonly block: Block | undefined;
  /** What had to be in memory for it. */
  readonly wholeBytes: number;
}

async function find(
  { blockOf, log }: ServerParts,
  { ids, versions, pieces }: FetchRequest,
  at: number,
): Promise<Found> {
  const name = { id: ids[at] as number, version: versions[at] as number };
  const piece = pieces[at] as number;
  try {
    const whole = await blockOf(name);
    if (whole === undefined) return { block: undefined, wholeBytes: 0 };
    const block = piece < 0 ? whole : sliceBlock(whole, piece);
    return { block, wholeBytes: blockBytes(whole) };
  } catch (error) {
    // It cannot be read, or has no such piece: others may have it.
    log?.warn("block not to be had", { ...name, piece, reason: String(error) });
    return { block: undefined, wholeBytes: 0 };
  }
}

function sizeOf(block: Block | undefined): number {
  return block === undefined ? 0 : blockBytes(block);
}
