/** Whether two texts are the same. */
export function equalBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

/** Order of two texts as bytes, which is the order of their code points. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const end = aStart + Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = aStart, j = bStart; i < end; i++, j++) {
    const difference = (a[i] as number) - (b[j] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** Whether a text begins with another one. */
export function startsWithBytes(
  text: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  from: number,
  to: number,
): boolean {
  return to - from <= end - start && equalBytes(text, start, start + to - from, part, from, to);
}

/** Whether a text ends with another one. */
export function endsWithBytes(
  text: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  from: number,
  to: number,
): boolean {
  return to - from <= end - start && equalBytes(text, end - to + from, end, part, from, to);
}

/** Where a text first has another one, or -1. */
export function indexOfBytes(
  text: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
): number {
  const { length } = part;
  if (length === 0) return start;
  const first = part[0] as number;
  for (let i = start, last = end - length; i <= last; i++) {
    if (text[i] === first && equalBytes(text, i, i + length, part, 0, length)) return i;
  }
  return -1;
}

/** Whether a text has another one in it. */
export function containsBytes(
  text: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
): boolean {
  return indexOfBytes(text, start, end, part) >= 0;
}

/** Whether a text is one of some others, which are grouped by their number of bytes. */
export function isOneOf(
  text: Uint8Array,
  start: number,
  end: number,
  groups: ReadonlyMap<number, readonly Uint8Array[]>,
): boolean {
  const group = groups.get(end - start);
  if (group === undefined) return false;
  for (const one of group) if (equalBytes(text, start, end, one, 0, one.length)) return true;
  return false;
}

/** Code points of a text: bytes that do not continue one. */
export function countPoints(text: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) count += Number(((text[i] as number) & 0xc0) !== 0x80);
  return count;
}

/** Whether all bytes are ASCII. */
export function isAscii(text: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((text[i] as number) > 127) return false;
  return true;
}

/** The text as a string. */
export function decodeText(text: Uint8Array, start: number, end: number): string {
  if (text !== viewed) {
    viewed = text;
    view = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }
  return view.toString(isAscii(text, start, end) ? "latin1" : "utf8", start, end);
}

/** The bytes that were last decoded: a loop decodes from one array many times. */
let viewed: Uint8Array = new Uint8Array(0);
let view: Buffer = Buffer.alloc(0);

const encoder = new TextEncoder();

/** The bytes of a string. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
