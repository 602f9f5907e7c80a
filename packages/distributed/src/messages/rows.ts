/**
 * Numbers that stand for rows of a table, one row after another. In memory an array of small
 * numbers is made and read faster than a typed one; a wire packs it as it likes.
 */
export type Rows = readonly number[];

/** No rows. */
export const noRows: Rows = Object.freeze([]);
