import type { LedgerInstruction } from "../../../../packages/distributed/src/worker/store/ledger-instruction.ts";
import type { LedgerOptions } from "../../../../packages/distributed/src/worker/store/ledger-settings.ts";
import { StoreLedger } from "../../../../packages/distributed/src/worker/store/ledger.ts";
import { plainly } from "./plain-ledger.ts";

/** 1000 bytes of memory, segments of 60 from blocks below 15, rules about the process off. */
export function ledgerOf(options: Partial<LedgerOptions> = {}): StoreLedger {
  return new StoreLedger({
    memoryBytes: 1000,
    segmentBytes: 60,
    largeBytes: 15,
    writingBytesMax: 400,
    readingBytesMax: 400,
    spillFraction: false,
    ...options,
  });
}

/** What the ledger wants now, in words; ids stand for blocks, as every version is 0. */
export function said(ledger: StoreLedger): string[] {
  return ledger.take().map((each) => plainly(each, (entry) => String(ledger.nameOf(entry).id)));
}

/** Put blocks of these sizes under the ids 0, 1, 2 …; gives their entries. */
export function putAll(ledger: StoreLedger, sizes: readonly number[], priority = 0): number[] {
  return sizes.map((bytes, id) => ledger.put(id, 0, bytes, priority));
}

export type Write = Extract<LedgerInstruction, { kind: "write" }>;

/** The writes that the ledger wants now. */
export const writesOf = (ledger: StoreLedger): Write[] =>
  ledger.take().filter((each): each is Write => each.kind === "write");

/** Finish what is being written until nothing is; gives the ids in the order of their writing. */
export function writeAll(ledger: StoreLedger): number[] {
  const ids: number[] = [];
  for (let writes = writesOf(ledger); writes.length > 0; writes = writesOf(ledger)) {
    for (const { file, entries, bytes } of writes) {
      ids.push(...entries.map((entry) => ledger.nameOf(entry).id));
      ledger.written(file, bytes);
    }
  }
  return ids;
}
