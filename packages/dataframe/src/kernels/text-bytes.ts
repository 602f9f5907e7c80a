import { makeArray } from "../column.ts";
import { dataFault } from "../errors.ts";

/** Offsets of texts are Int32. */
const bytesMax = 2 ** 31 - 1;

/** Room for the bytes of the texts of a column. */
export function textBytes(bytes: number): Uint8Array {
  if (bytes <= bytesMax) return makeArray(Uint8Array, bytes);
  throw dataFault(
    "dataframe/overflow",
    `text: the texts of a partition take too many bytes, got ${bytes}, wanted at most ${bytesMax}. ` +
      "Make more partitions: repartition({ npartitions }) before this step.",
  );
}

/**
 * Finds texts, or lists, of rows: where they start to `starts`, and to `ends`, behind `first`,
 * where they will end when they stand one after the other from `ends[first]` on. Gives the last
 * end. Rows that are not valid are empty.
 */
export function locateTexts(
  offsets: Int32Array,
  rows: Int32Array,
  valid: Uint8Array | undefined,
  starts: Int32Array,
  ends: Int32Array,
  first: number,
): number {
  let i = 0;
  // Four at a time, as in `takeColumn`.
  for (const end = rows.length - 3; i < end; i += 4) {
    const a = rows[i] as number;
    const b = rows[i + 1] as number;
    const c = rows[i + 2] as number;
    const d = rows[i + 3] as number;
    const startA = offsets[a] as number;
    const startB = offsets[b] as number;
    const startC = offsets[c] as number;
    const startD = offsets[d] as number;
    const at = first + i;
    ends[at + 1] = (offsets[a + 1] as number) - startA;
    ends[at + 2] = (offsets[b + 1] as number) - startB;
    ends[at + 3] = (offsets[c + 1] as number) - startC;
    ends[at + 4] = (offsets[d + 1] as number) - startD;
    starts[i] = startA;
    starts[i + 1] = startB;
    starts[i + 2] = startC;
    starts[i + 3] = startD;
  }
  for (; i < rows.length; i++) {
    const row = rows[i] as number;
    const start = offsets[row] as number;
    starts[i] = start;
    ends[first + i + 1] = (offsets[row + 1] as number) - start;
  }
  let at = ends[first] as number;
  for (i = 0; i < rows.length; i++) {
    if (valid === undefined || valid[i] !== 0) at += ends[first + i + 1] as number;
    ends[first + i + 1] = at;
  }
  return at;
}

/** Texts that are fetched into the cache before they are copied. */
const fetchedAtOnce = 1_024;

/**
 * Texts up to this long are copied by words of four bytes; `set` takes as long as about so many.
 */
const loopedMax = 64;

/** Copies the texts that {@link locateTexts} found to `out`. */
export function copyTexts(
  bytes: Uint8Array,
  starts: Int32Array,
  ends: Int32Array,
  first: number,
  out: Uint8Array,
): void {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const to = new DataView(out.buffer, out.byteOffset, out.length);
  let at = ends[first] as number;
  for (let i = 0; i < starts.length; i++) {
    if (i % fetchedAtOnce === 0) fetched ^= fetchTexts(bytes, starts, i);
    const start = starts[i] as number;
    const end = ends[first + i + 1] as number;
    const shift = start - at;
    if (end - at > loopedMax) {
      out.set(bytes.subarray(start, end + shift), at);
    } else if (end + shift + 4 <= bytes.length && end + 4 <= out.length) {
      // The last word may go beyond the text, into the place of the next one, which follows.
      for (; at < end; at += 4) to.setInt32(at, from.getInt32(at + shift));
    } else {
      for (; at < end; at++) out[at] = bytes[at + shift] as number;
    }
    at = end;
  }
}

/** What was fetched is kept somewhere, or it would not be read at all. */
let fetched = 0;

/** Reads a byte of each of the next texts: of these reads, many are under way at once. */
function fetchTexts(bytes: Uint8Array, starts: Int32Array, from: number): number {
  const end = Math.min(from + fetchedAtOnce, starts.length) - 3;
  const last = bytes.length - 1;
  let sum = 0;
  if (last < 0) return sum;
  for (let i = from; i < end; i += 4) {
    const a = starts[i] as number;
    const b = starts[i + 1] as number;
    const c = starts[i + 2] as number;
    const d = starts[i + 3] as number;
    sum += (bytes[a < last ? a : last] as number) + (bytes[b < last ? b : last] as number);
    sum += (bytes[c < last ? c : last] as number) + (bytes[d < last ? d : last] as number);
  }
  return sum;
}
