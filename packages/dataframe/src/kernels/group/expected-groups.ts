import type { Field } from "../../dtype.ts";
import { dtypeKey } from "../../dtype-traits.ts";
import type { AggregateSpec } from "./aggregate-spec.ts";

/** Kinds of tables whose last size is remembered; a thread works on few at a time. */
const KINDS_MAX = 64;

/** Groups of the last table of a kind, in the order in which they were used. */
const lastCounts = new Map<string, number>();

/** What tables have in common that are likely to have about as many groups. */
export function kindOfTable(keys: readonly Field[], aggregates: readonly AggregateSpec[]): string {
  const keyTexts = keys.map(({ name, dtype }) => [name, dtypeKey(dtype)]);
  return JSON.stringify([keyTexts, aggregates.map(({ name, fn }) => [name, fn])]);
}

/** How many groups a table is likely to have; 0 where nobody knows. */
export function expectedGroups(kind: string): number {
  return lastCounts.get(kind) ?? 0;
}

/** Remembers how many groups a table has had. */
export function rememberGroups(kind: string, count: number): void {
  lastCounts.delete(kind);
  lastCounts.set(kind, count);
  if (lastCounts.size <= KINDS_MAX) return;
  for (const oldest of lastCounts.keys()) {
    lastCounts.delete(oldest);
    return;
  }
}
