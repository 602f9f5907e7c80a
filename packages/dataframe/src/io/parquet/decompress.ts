import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { badLayout } from "../../arrow/arrow-type.ts";
import { ArrowMemory } from "../../arrow/arrow-ffi.ts";
import { footerBytes } from "./assemble.ts";
import { unsnappy } from "./snappy.ts";
import type { ThriftStruct, ThriftValue } from "./thrift.ts";
import { int, structs, writeThrift } from "./thrift.ts";
import type { ParquetModule } from "./wasm-module.ts";

/** Bytes as they lie in a file, and how many they are decompressed. */
export interface Compressed {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly isCompressed: boolean;
}

/** Decompresses pages of one codec. */
export type Decompress = (codec: number, pages: readonly Compressed[]) => readonly Uint8Array[];

/** Numbers of codecs. */
export const codecs = {
  none: 0,
  snappy: 1,
  gzip: 2,
  lzo: 3,
  brotli: 4,
  lz4: 5,
  zstd: 6,
  lz4Raw: 7,
};

/** Whether Node and we ourselves can decompress a codec; others need parquet-wasm. */
export function isOwnCodec(codec: number): boolean {
  return (
    codec === codecs.none ||
    codec === codecs.snappy ||
    codec === codecs.gzip ||
    codec === codecs.brotli
  );
}

/** A decompressor; codecs that are not our own go through parquet-wasm, where it is there. */
export function decompressor(wasm: ParquetModule | undefined): Decompress {
  return (codec, pages) => {
    if (isOwnCodec(codec)) return pages.map((page) => decompressOwn(codec, page));
    if (wasm === undefined) throw new Error(`codec ${codec} needs parquet-wasm`);
    const compressed = pages.filter((page) => page.isCompressed && page.size > 0);
    const done = decompressByWasm(wasm, codec, compressed);
    return pages.map((page) => {
      const at = compressed.indexOf(page);
      return at < 0 ? checkSize(page.bytes, page.size) : (done[at] as Uint8Array);
    });
  };
}

function decompressOwn(codec: number, { bytes, size, isCompressed }: Compressed): Uint8Array {
  // A page without values may have no bytes, which is no stream of any codec.
  if (!isCompressed || codec === codecs.none || size === 0) return checkSize(bytes, size);
  if (codec === codecs.snappy) return unsnappy(bytes, size);
  const inflate = codec === codecs.gzip ? gunzipSync : brotliDecompressSync;
  try {
    return checkSize(inflate(bytes, { maxOutputLength: size }), size);
  } catch (error) {
    throw badLayout(`a page is compressed badly: ${(error as Error).message}`);
  }
}

function checkSize(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length < size) throw badLayout(`a page has ${bytes.length} bytes, wanted ${size}`);
  return bytes.length === size ? bytes : bytes.subarray(0, size);
}

/**
 * Decompresses by reading a file of one row that has a column a page: a value of a fixed width is
 * the bytes of the page themselves.
 */
function decompressByWasm(
  wasm: ParquetModule,
  codec: number,
  pages: readonly Compressed[],
): readonly Uint8Array[] {
  if (pages.length === 0) return [];
  const file = fileOfPages(codec, pages);
  try {
    const stream = wasm.readParquet(file, { batchSize: 1 }).intoFFI();
    try {
      const memory = new ArrowMemory(wasm.wasmMemory().buffer);
      const { type } = memory.field(stream.schemaAddr());
      const array = memory.array(stream.arrayAddr(0), type);
      return array.children.map(({ values }) => (values as Uint8Array).slice());
    } finally {
      stream.free();
    }
  } catch (error) {
    throw badLayout(`a page is compressed badly: ${String(error)}`);
  }
}

/** The number of the physical type of a fixed width. */
const FIXED = 7;

function fileOfPages(codec: number, pages: readonly Compressed[]): Uint8Array {
  const pieces: Uint8Array[] = [MARK];
  let at = MARK.length;
  const root: ThriftStruct = new Map<number, ThriftValue>([
    [4, text("pages")],
    [5, int("i32", pages.length)],
  ]);
  const elements = [root];
  const chunks = pages.map(({ bytes, size }, i): ThriftStruct => {
    const name = text(`p${i}`);
    const header = pageHeader(size, bytes.length);
    const length = header.length + bytes.length;
    elements.push(
      new Map<number, ThriftValue>([
        [1, int("i32", FIXED)],
        [2, int("i32", size)],
        [3, int("i32", 0)],
        [4, name],
      ]),
    );
    const metadata = new Map<number, ThriftValue>([
      [1, int("i32", FIXED)],
      [2, { type: "list", item: 5, value: [int("i32", 0)] }],
      [3, { type: "list", item: 8, value: [name] }],
      [4, int("i32", codec)],
      [5, int("i64", 1)],
      [6, int("i64", header.length + size)],
      [7, int("i64", length)],
      [9, int("i64", at)],
    ]);
    pieces.push(header, bytes);
    at += length;
    return new Map<number, ThriftValue>([
      [2, int("i64", at - length)],
      [3, { type: "struct", value: metadata }],
    ]);
  });
  const group = new Map<number, ThriftValue>([
    [1, structs(chunks)],
    [2, int("i64", at)],
    [3, int("i64", 1)],
  ]);
  return Buffer.concat([...pieces, ...footerBytes(elements, 1, [group])]);
}

const MARK = new TextEncoder().encode("PAR1");

/** A page of one value, plain. */
function pageHeader(size: number, sizeCompressed: number): Uint8Array {
  const data = new Map<number, ThriftValue>([
    [1, int("i32", 1)],
    [2, int("i32", 0)],
    [3, int("i32", 3)],
    [4, int("i32", 3)],
  ]);
  return writeThrift(
    new Map<number, ThriftValue>([
      [1, int("i32", 0)],
      [2, int("i32", size)],
      [3, int("i32", sizeCompressed)],
      [5, { type: "struct", value: data }],
    ]),
  );
}

function text(value: string): ThriftValue {
  return { type: "binary", value: new TextEncoder().encode(value) };
}
