import type { DataFrameError } from "../errors.ts";
import { fault } from "../errors.ts";

/** Names that a message lists, at most: wide tables have thousands. */
const NAMES_MAX = 30;

/** The error of a name that is no column, with those that there are and the one that was meant. */
export function unknownColumn(
  api: string,
  name: unknown,
  names: readonly string[],
): DataFrameError {
  const shown = names.slice(0, NAMES_MAX).map((known) => JSON.stringify(known));
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : "";
  const wanted = names.length === 0 ? "nothing, it has no columns" : `one of ${shown.join(", ")}`;
  const near = typeof name === "string" ? nearest(name, names) : undefined;
  const remedy = near === undefined ? "" : `Did you mean ${JSON.stringify(near)}?`;
  return fault("dataframe/unknown-column", api, "no such column", name, wanted + more, remedy);
}

/** The name that a slip of the keyboard away; none where that would be a guess. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const given = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(2, Math.floor(given.length / 3)) + 1;
  for (const known of names) {
    if (Math.abs(known.length - name.length) >= least) continue;
    const edits = editsBetween(given, known.toLowerCase());
    if (edits < least) [best, least] = [known, edits];
  }
  return best;
}

/** Letters to insert, delete, change or swap with the next one. */
function editsBetween(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, j) => j),
  ];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const ways = [(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) ways.push((before[j - 2] ?? 0) + 1);
      row.push(Math.min(...ways));
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
