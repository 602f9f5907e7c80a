import type { Encoder } from "./encoder.ts";
import { BUFFER_BYTES_MIN, Memory } from "./format.ts";

/** One ArrayBuffer or SharedArrayBuffer of the value, and what of it anyone can see. */
interface Region {
  readonly id: number;
  readonly memory: ArrayBufferLike;
  /** Whether the memory itself is in the value, not just views of it. */
  isWhole: boolean;
  /** What the first view shows. */
  readonly first: Segment;
  /** What the other views show: most memories have one view alone. */
  others: Segment[] | undefined;
  /** The widest elements of any view. */
  alignment: number;
}

/** A run of bytes of a region that travels. */
interface Segment {
  readonly start: number;
  end: number;
}

/**
 * The memory under typed arrays, DataViews and Arrow columns. Views are written as places in
 * numbered regions; what of a region travels is known only when all views of it are: bytes that
 * nobody can see stay behind, and views that share bytes share them afterwards.
 */
export class MemoryWriter {
  private readonly regions = new Map<ArrayBufferLike, Region>();

  /** The number of a region of which these bytes are seen. */
  show(memory: ArrayBufferLike, start: number, end: number, alignment: number): number {
    const known = this.regions.get(memory);
    const region = known ?? this.add(memory, { start, end });
    if (known !== undefined) {
      known.others ??= [];
      known.others.push({ start, end });
    }
    if (alignment > region.alignment) region.alignment = alignment;
    // Only the whole memory can be resized, so the views of it need all of it.
    if (isResizable(memory)) region.isWhole = true;
    return region.id;
  }

  /** The number of a region that is in the value itself. */
  showWhole(memory: ArrayBufferLike): number {
    const region = this.regions.get(memory) ?? this.add(memory, { start: 0, end: 0 });
    region.isWhole = true;
    return region.id;
  }

  /** Writes the table of regions. The bytes of small segments follow it. */
  finish(encoder: Encoder): void {
    const { out } = encoder;
    const memories: ArrayBufferLike[] = [];
    const inside: Segment[] = [];
    out.natural(this.regions.size);
    for (const region of this.regions.values()) {
      writeKind(encoder, region);
      const segments = segmentsOf(region);
      out.natural(segments.length);
      for (const segment of segments) {
        const { start, end } = segment;
        out.natural(start);
        out.natural(end - start);
        if (end - start >= BUFFER_BYTES_MIN) {
          out.natural(encoder.addBuffer(new Uint8Array(region.memory, start, end - start)) + 1);
        } else {
          out.natural(0);
          memories.push(region.memory);
          inside.push(segment);
        }
      }
    }
    for (const [i, { start, end }] of inside.entries()) {
      out.raw(new Uint8Array(memories[i] as ArrayBufferLike, start, end - start));
    }
  }

  private add(memory: ArrayBufferLike, first: Segment): Region {
    const id = this.regions.size;
    const region = { id, memory, isWhole: false, first, others: undefined, alignment: 1 };
    this.regions.set(memory, region);
    return region;
  }
}

function writeKind({ out }: Encoder, { memory, isWhole, alignment }: Region): void {
  const isShared = memory instanceof SharedArrayBuffer;
  const resizable = isWhole && isResizable(memory);
  out.byte(
    (isWhole ? Memory.whole : 0) |
      (isShared ? Memory.shared : 0) |
      (resizable ? Memory.resizable : 0),
  );
  out.byte(alignment);
  if (resizable) out.natural(maxBytesOf(memory));
}

/**
 * Views that overlap or touch are one segment. Where all segments together are at least half of
 * what lies between the first and the last byte, they become one: the views then share a buffer as
 * before. Never with the pool from which Node cuts small Buffers: between them are other people's.
 */
function segmentsOf({ memory, isWhole, first, others }: Region): readonly Segment[] {
  if (isWhole) return [{ start: 0, end: memory.byteLength }];
  if (others === undefined) return [first];
  const segments: Segment[] = [];
  let covered = 0;
  let last: Segment | undefined;
  for (const { start, end } of [first, ...others].sort((a, b) => a.start - b.start)) {
    if (last !== undefined && start <= last.end) {
      covered += Math.max(0, end - last.end);
      last.end = Math.max(last.end, end);
    } else {
      last = { start, end };
      covered += end - start;
      segments.push(last);
    }
  }
  if (last === undefined || segments.length === 1) return segments;
  const isPool = memory.byteLength === Buffer.poolSize;
  const from = segments[0]?.start ?? 0;
  if (isPool || covered * 2 < last.end - from) return segments;
  return [{ start: from, end: last.end }];
}

/** `resizable` of an ArrayBuffer, `growable` of a SharedArrayBuffer; newer than the types. */
export function isResizable(memory: ArrayBufferLike): boolean {
  const { resizable, growable } = memory as { resizable?: boolean; growable?: boolean };
  return resizable === true || growable === true;
}

/** How far a resizable memory can grow. */
export function maxBytesOf(memory: ArrayBufferLike): number {
  return (memory as unknown as { readonly maxByteLength: number }).maxByteLength;
}
