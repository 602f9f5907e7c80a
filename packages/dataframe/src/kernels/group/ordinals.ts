/** The column that says where groups were first met; names of keys and states have a colon. */
export const ordinalName = "ordinal";

const rowPrefix = "ordinal behind:";

/**
 * The same where each row still stands for itself, and arguments are there in place of states: the
 * column has 32 bits of how far a row stands behind an ordinal, which is in its name.
 */
export function rowOrdinalName(first: number): string {
  return rowPrefix + first;
}

/** The ordinal in such a name; undefined where it is another. */
export function firstOrdinalIn(name: string | undefined): number | undefined {
  return name?.startsWith(rowPrefix) === true ? Number(name.slice(rowPrefix.length)) : undefined;
}

/** An ordinal is this times the number of a partition, and the number of a group in it. */
export const partitionStride: number = 2 ** 31;
