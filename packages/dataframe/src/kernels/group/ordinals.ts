/** The column that says where groups were first met; names of keys and states have a colon. */
export const ordinalName = "ordinal";

/** The same where each row still stands for itself, and arguments are there in place of states. */
export const rowOrdinalName = "ordinal of a row";

/** An ordinal is this times the number of a partition, and the number of a group in it. */
export const partitionStride: number = 2 ** 31;
