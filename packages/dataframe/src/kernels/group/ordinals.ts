/** The column that says where groups were first met; names of keys and states have a colon. */
export const ordinalName = "ordinal";

/** An ordinal is this times the number of a partition, and the number of a group in it. */
export const partitionStride: number = 2 ** 31;
