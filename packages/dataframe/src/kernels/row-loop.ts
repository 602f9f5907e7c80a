/** Offsets of the rows that count, or all of them. */
export type Rows = Int32Array | undefined;

const made = new Map<string, unknown>();

/**
 * The function of a name, written when it is first asked for: a loop that arrays of all kinds share
 * becomes megamorphic once a process has seen several dtypes, and five times slower. The text must
 * follow from the name, and the name from words of our own alone.
 */
export function generated<F>(name: string, write: () => string): F {
  let fn = made.get(name);
  if (fn === undefined) {
    const text = `"use strict";\nreturn function ${name}${write()}\n//# sourceURL=millrace-${name}`;
    // oxlint-disable-next-line typescript/no-implied-eval -- text of our own, see above
    fn = (new Function(text) as () => unknown)();
    made.set(name, fn);
  }
  return fn as F;
}

/** What a loop does for row `i`, the k-th that counts and of group `g`, if it is not null. */
export interface RowLoop {
  /** Names of what it takes after `x, valid, selection, n, groups`. */
  readonly params: string;
  /** May leave the row by `break row;`. */
  readonly body: string;
}

/** A loop over values `x` of rows whose groups are known. */
export type RowLoopFn<A extends readonly unknown[]> = (
  x: unknown,
  valid: Uint8Array | undefined,
  selection: Rows,
  n: number,
  groups: Int32Array,
  ...args: A
) => void;

/** The loop of a kind, one for each combination of nulls and a selection being there. */
export function rowLoop<A extends readonly unknown[]>(
  kind: string,
  valid: Uint8Array | undefined,
  selection: Rows,
  write: () => RowLoop,
): RowLoopFn<A> {
  const name = variant(kind, valid, selection);
  return generated(name, () => {
    const { params, body } = write();
    const skip = valid === undefined ? "" : "if (valid[i] === 0) break row; ";
    return `(x, valid, selection, n, groups, ${params}) {
  ${eachRow(selection, `${skip}const g = groups[k]; ${body}`)}
}`;
  });
}

/**
 * The text of a loop over rows from `from` on, which does `body` for row `i`, the k-th that counts.
 * Four rows a turn take a third less time than one, since V8 looks for interrupts in each turn. A
 * body that calls functions is slow: V8 then reads where arrays lie again at each use of them.
 */
export function eachRow(selection: Rows, body: string, from = "0"): string {
  const row = (k: string): string => {
    const i = selection === undefined ? "k" : "selection[k]";
    return `row: { const k = ${k}, i = ${i}; ${body} }`;
  };
  const four = ["at", "at + 1", "at + 2", "at + 3"].map((k) => `    ${row(k)}\n`).join("");
  return `let at = ${from};
  for (const end = n - 3; at < end; at += 4) {
${four}  }
  for (; at < n; at++) ${row("at")}`;
}

/** A name for each combination of nulls and a selection being there. */
export function variant(kind: string, valid: Uint8Array | undefined, selection: Rows): string {
  return `${kind}${valid === undefined ? "" : "_nullable"}${selection === undefined ? "" : "_of"}`;
}
