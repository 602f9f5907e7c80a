import { badLayout } from "../../arrow/arrow-type.ts";
import type { LoadedChunk } from "./assemble.ts";
import type { Decompress } from "./decompress.ts";
import { intOf, readThrift, structOf } from "./thrift.ts";

/** A page of values, decompressed. */
export interface Page {
  readonly kind: "dictionary" | "data";
  readonly encoding: number;
  /** Rows of the page, nulls counted. */
  readonly count: number;
  /** Levels that tell nulls, without their length; undefined where they stand before the values. */
  readonly levels: Uint8Array | undefined;
  readonly bytes: Uint8Array;
}

/** What takes the values of pages. */
export interface PageSink {
  /** Takes the dictionary of the pages to come. */
  dictionary(page: Page): void;
  /** Takes `count` values that stand plainly, which are rows from `at` on. */
  plain(bytes: Uint8Array, at: number, count: number): void;
  /** Takes `count` values as numbers in the dictionary, which are rows from `at` on. */
  coded(bytes: Uint8Array, bits: number, at: number, count: number): void;
  /** Moves the `count` values from `at` on to where rows are valid. */
  spread(at: number, rows: number, count: number, valid: Uint8Array): void;
}

/** Numbers of encodings. */
export const encodings = { plain: 0, plainDictionary: 2, rle: 3, bitPacked: 4, rleDictionary: 8 };

const pageTypes = { data: 0, index: 1, dictionary: 2, dataV2: 3 };

/** A page as it lies in the file. */
interface RawPage {
  readonly type: number;
  readonly encoding: number;
  readonly count: number;
  /** Bytes of levels of version 2, which are never compressed. */
  readonly levels: Uint8Array | undefined;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly isCompressed: boolean;
}

/** The pages of a chunk, in order. */
export function readPages({ chunk, bytes }: LoadedChunk, decompress: Decompress): readonly Page[] {
  const raw: RawPage[] = [];
  let rows = 0;
  for (let at = 0; at < bytes.length && rows < chunk.values;) {
    const { value: header, end } = readThrift(bytes, at);
    const size = intOf(header, 3) ?? -1;
    if (!(size >= 0 && end + size <= bytes.length)) throw badLayout("a page ends too late");
    at = end + size;
    const page = rawPage(header, bytes.subarray(end, at), chunk.sizeDecompressed);
    if (page === undefined) continue;
    raw.push(page);
    if (page.type !== pageTypes.dictionary) rows += page.count;
  }
  if (rows !== chunk.values) throw badLayout(`a column has ${rows} values, wanted ${chunk.values}`);
  const inflated = decompress(
    chunk.codec,
    raw.map(({ bytes: body, size, isCompressed }) => ({ bytes: body, size, isCompressed })),
  );
  return raw.map(({ type, encoding, count, levels }, i) => ({
    kind: type === pageTypes.dictionary ? "dictionary" : "data",
    encoding,
    count,
    levels,
    bytes: inflated[i] as Uint8Array,
  }));
}

/** A page, or undefined for an index, which has no values. */
function rawPage(
  header: ReturnType<typeof readThrift>["value"],
  body: Uint8Array,
  sizeMax: number,
): RawPage | undefined {
  const type = intOf(header, 1);
  const size = intOf(header, 2) ?? -1;
  // More than the whole chunk is damage, and would be room that is asked for in vain.
  if (!(size >= 0 && size <= sizeMax)) throw badLayout(`a page has ${size} of ${sizeMax} bytes`);
  const base = { levels: undefined, bytes: body, size, isCompressed: true };
  if (type === pageTypes.index) return undefined;
  if (type === pageTypes.dataV2) {
    const part = structOf(header, 8) ?? new Map<number, never>();
    const repeats = intOf(part, 6) ?? 0;
    const levels = intOf(part, 5) ?? 0;
    const before = repeats + levels;
    if (repeats !== 0 || levels < 0 || before > body.length || before > size) {
      throw badLayout("the levels of a page end too late");
    }
    return {
      ...base,
      type,
      encoding: intOf(part, 4) ?? -1,
      count: countOf(intOf(part, 1)),
      levels: body.subarray(0, levels),
      bytes: body.subarray(before),
      size: size - before,
      isCompressed: part.get(7)?.value !== false,
    };
  }
  const part = structOf(header, type === pageTypes.dictionary ? 7 : 5);
  const isKnown = type === pageTypes.data || type === pageTypes.dictionary;
  if (!isKnown || part === undefined) throw badLayout(`a page is of unknown type ${type}`);
  return { ...base, type, encoding: intOf(part, 2) ?? -1, count: countOf(intOf(part, 1)) };
}

function countOf(count: number | undefined): number {
  if (count !== undefined && count >= 0) return count;
  throw badLayout(`a page has ${count} values`);
}

/** Moves dense values to the valid ones of rows, from behind, so that none is overwritten. */
export function spread32(
  out: Int32Array,
  at: number,
  rows: number,
  count: number,
  valid: Uint8Array,
): void {
  let from = at + count;
  for (let to = at + rows - 1; to >= at; to--)
    out[to] = valid[to] === 1 ? (out[--from] as number) : 0;
}
