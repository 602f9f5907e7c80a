import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { Memory, RESIZABLE_BYTES_MAX } from "./format.ts";

interface Segment {
  readonly start: number;
  bytes: Uint8Array;
}

interface Region {
  readonly kind: number;
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

/** The regions of a block, as `MemoryWriter` wrote them. */
export class MemoryReader {
  private readonly regions: readonly Region[];

  constructor(decoder: Decoder) {
    const { input } = decoder;
    const inside: { readonly segment: Segment; readonly length: number }[] = [];
    this.regions = Array.from({ length: input.count() }, () => {
      const kind = input.byte();
      const alignment = input.byte();
      const bytesMax = (kind & Memory.resizable) === 0 ? 0 : input.natural();
      const segments = Array.from({ length: input.count() }, (): Segment => {
        const start = input.natural();
        const length = input.natural();
        const buffer = input.natural();
        if (buffer > 0) {
          const bytes = decoder.buffer(buffer - 1);
          if (bytes.length !== length) throw corrupt("a buffer has another length");
          return {
            start,
            bytes: decoder.copies ? copyAt(bytes, start) : aligned(bytes, start, alignment),
          };
        }
        const segment = { start, bytes: new Uint8Array(0) };
        inside.push({ segment, length });
        return segment;
      });
      return { kind, bytesMax, segments, whole: undefined };
    });
    for (const { segment, length } of inside) {
      segment.bytes = copyAt(input.raw(length), segment.start);
    }
    this.regions.forEach(check);
  }

  /** Where so many bytes of a region stand now. */
  place(id: number, offset: number, length: number): Place {
    const region = this.region(id);
    if ((region.kind & Memory.whole) !== 0) {
      const memory = this.memory(id);
      if (offset + length > memory.byteLength) throw corrupt("a view ends behind its memory");
      return { memory, offset };
    }
    const { start, bytes } = segmentAt(region.segments, offset);
    if (offset < start || offset + length > start + bytes.length) {
      throw corrupt("a view ends behind its memory");
    }
    return { memory: bytes.buffer, offset: bytes.byteOffset + offset - start };
  }

  /** The memory of a region that is in the value itself. */
  memory(id: number): ArrayBufferLike {
    const region = this.region(id);
    if ((region.kind & Memory.whole) === 0) throw corrupt("a memory is not all there");
    region.whole ??= wholeOf(region);
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
}

function check({ kind, bytesMax, segments }: Region): void {
  let end = 0;
  for (const { start, bytes } of segments) {
    if (start < end) throw corrupt("parts of a memory overlap");
    end = start + bytes.length;
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
function wholeOf({ kind, bytesMax, segments }: Region): ArrayBufferLike {
  const bytes = segments[0]?.bytes ?? new Uint8Array(0);
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
  if (![1, 2, 4, 8].includes(alignment)) throw corrupt("a memory has no alignment");
  return (bytes.byteOffset - start) % alignment === 0 ? bytes : copyAt(bytes, start);
}

/** A copy that stands as its region stood: as far from a multiple of 8. */
function copyAt(bytes: Uint8Array, start: number): Uint8Array {
  const phase = start % 8;
  const copy = new Uint8Array(phase + bytes.length);
  copy.set(bytes, phase);
  return copy.subarray(phase);
}
