import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { Memory, RESIZABLE_BYTES_MAX } from "./format.ts";

interface Segment {
  readonly start: number;
  readonly length: number;
  /** The bytes; undefined for those in the header until a view asks for them. */
  bytes: Uint8Array | undefined;
  /** Where the header has them. */
  at: number;
  /** The view that has a copy of all of them. */
  owner: ArrayBufferView | undefined;
}

interface Region {
  readonly kind: number;
  readonly alignment: number;
  readonly bytesMax: number;
  readonly segments: readonly Segment[];
  /** The memory itself, once it was asked for. */
  whole: ArrayBufferLike | undefined;
}

/** A place in memory for a view to stand on. */
export interface Place {
  readonly memory: ArrayBufferLike;
  readonly offset: number;
}

/** Makes a view with memory of its own of so many bytes of a header. */
export type CopyView = (bytes: Uint8Array, at: number, length: number) => ArrayBufferView;

/** The regions of a block, as `MemoryWriter` wrote them. */
export class MemoryReader {
  private readonly header: Uint8Array;
  private readonly regions: readonly Region[];

  constructor(decoder: Decoder) {
    const { input } = decoder;
    const regions: Region[] = [];
    for (let left = input.count(); left > 0; left--) regions.push(readRegion(decoder));
    for (const region of regions) {
      for (const segment of region.segments) {
        if (segment.bytes === undefined) segment.at = input.skip(segment.length);
      }
      check(region);
    }
    this.header = input.bytes;
    this.regions = regions;
  }

  /** Where so many bytes of a region stand now. */
  place(id: number, offset: number, length: number): Place {
    const region = this.region(id);
    if ((region.kind & Memory.whole) !== 0) {
      const memory = this.memory(id);
      if (offset + length > memory.byteLength) throw corrupt("a view ends behind its memory");
      return { memory, offset };
    }
    const segment = segmentAt(region.segments, offset);
    const { start } = segment;
    if (offset < start || offset + length > start + segment.length) {
      throw corrupt("a view ends behind its memory");
    }
    const bytes = this.bytesOf(segment);
    return { memory: bytes.buffer, offset: bytes.byteOffset + offset - start };
  }

  /**
   * A view that is the first on its part of a memory, and shows all of it, made by `copy`: the
   * engine makes small typed arrays much faster than memory and views of it. Views that come later
   * stand on the memory of this one. Undefined for a view that has to stand in a place.
   */
  alone(id: number, offset: number, length: number, copy: CopyView): ArrayBufferView | undefined {
    const { kind, alignment, segments } = this.region(id);
    if ((kind & Memory.whole) !== 0 || offset % alignment !== 0) return undefined;
    const segment = segmentAt(segments, offset);
    if (segment.start !== offset || segment.length !== length) return undefined;
    if (segment.bytes !== undefined || segment.owner !== undefined) return undefined;
    segment.owner = copy(this.header, segment.at, length);
    return segment.owner;
  }

  /** The memory of a region that is in the value itself. */
  memory(id: number): ArrayBufferLike {
    const region = this.region(id);
    if ((region.kind & Memory.whole) === 0) throw corrupt("a memory is not all there");
    region.whole ??= wholeOf(region, this.bytesOf(region.segments[0] as Segment));
    return region.whole;
  }

  /** Whether views of a region may follow its size. */
  isResizable(id: number): boolean {
    return (this.region(id).kind & Memory.resizable) !== 0;
  }

  private region(id: number): Region {
    const region = this.regions[id];
    if (region === undefined) throw corrupt("a memory is named that is not there");
    return region;
  }

  private bytesOf(segment: Segment): Uint8Array {
    const { owner, at, length } = segment;
    segment.bytes ??= owner
      ? new Uint8Array(owner.buffer, owner.byteOffset, length)
      : copyAt(this.header.subarray(at, at + length), segment.start);
    return segment.bytes;
  }
}

function readRegion(decoder: Decoder): Region {
  const { input } = decoder;
  const kind = input.byte();
  const alignment = input.byte();
  if (![1, 2, 4, 8].includes(alignment)) throw corrupt("a memory has no alignment");
  const bytesMax = (kind & Memory.resizable) === 0 ? 0 : input.natural();
  const segments: Segment[] = [];
  for (let left = input.count(); left > 0; left--) {
    const start = input.natural();
    const length = input.natural();
    const buffer = input.natural();
    const bytes = buffer === 0 ? undefined : decoder.buffer(buffer - 1);
    if (bytes !== undefined && bytes.length !== length)
      throw corrupt("a buffer has another length");
    segments.push({
      start,
      length,
      bytes: bytes && (decoder.copies ? copyAt(bytes, start) : aligned(bytes, start, alignment)),
      at: 0,
      owner: undefined,
    });
  }
  return { kind, alignment, bytesMax, segments, whole: undefined };
}

function check({ kind, bytesMax, segments }: Region): void {
  let end = 0;
  for (const { start, length } of segments) {
    if (start < end) throw corrupt("parts of a memory overlap");
    end = start + length;
  }
  if ((kind & Memory.whole) === 0) return;
  if (segments.length !== 1 || segments[0]?.start !== 0) throw corrupt("a memory is in parts");
  if ((kind & Memory.resizable) === 0) return;
  if (bytesMax < end || bytesMax > RESIZABLE_BYTES_MAX) throw corrupt("a memory grows too far");
}

/** The last segment that begins at or before an offset. */
function segmentAt(segments: readonly Segment[], offset: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const segment = segments[low];
  if (segment === undefined) throw corrupt("a memory has no bytes");
  return segment;
}

/**
 * Memory of its own for a region. A buffer that is just this memory is taken as it is; one that is
 * cut out of a larger one has to be copied, for an ArrayBuffer has no window.
 */
function wholeOf({ kind, bytesMax }: Region, bytes: Uint8Array): ArrayBufferLike {
  const Class = (kind & Memory.shared) === 0 ? ArrayBuffer : SharedArrayBuffer;
  const isResizable = (kind & Memory.resizable) !== 0;
  const isAlone = bytes.length === bytes.buffer.byteLength;
  if (!isResizable && isAlone && bytes.buffer instanceof Class) return bytes.buffer;
  const memory = isResizable
    ? new (Class as ResizableConstructor)(bytes.length, { maxByteLength: bytesMax })
    : new Class(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}

/** Both kinds of memory with the option that is newer than the types. */
type ResizableConstructor = new (
  byteLength: number,
  options: { readonly maxByteLength: number },
) => ArrayBufferLike;

/** The bytes as they are, or a copy where views of this width could not stand on them. */
function aligned(bytes: Uint8Array, start: number, alignment: number): Uint8Array {
  return (bytes.byteOffset - start) % alignment === 0 ? bytes : copyAt(bytes, start);
}

/** A copy that stands as its region stood: as far from a multiple of 8. */
function copyAt(bytes: Uint8Array, start: number): Uint8Array {
  const phase = start % 8;
  const copy = new Uint8Array(phase + bytes.length);
  copy.set(bytes, phase);
  return copy.subarray(phase);
}
