import type { ControlLimits } from "./control-limits.ts";
import { corruptFrame } from "../value/corrupt.ts";

/** Bytes of a descriptor of a column: its kind and its length. No other binary part may appear. */
export const DESCRIPTOR_BYTES = 5;

/** Keys that mean something to every object; nobody needs them in a message. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Looks through a MessagePack value before anything is made of it, without recursion: only the
 * forms that `encodeControl` writes pass, with lengths that fit, within the limits, and nothing
 * behind the value. Extensions never pass: among them are records, pointers, errors and patterns,
 * from which a decoder can be made to hang or to give a function away.
 */
export function scanControl(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: ControlLimits,
): void {
  const scan = new Scan(bytes, start, end, limits);
  scan.run();
}

class Scan {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly limits: ControlLimits;
  private at: number;
  private nodes = 0;
  /** For each level that is open: values left, and whether every second of them is a key. */
  private readonly left: Int32Array;
  private readonly isMap: Uint8Array;
  private level = 0;

  constructor(bytes: Uint8Array, start: number, end: number, limits: ControlLimits) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.limits = limits;
    this.left = new Int32Array(limits.depthMax + 1);
    this.isMap = new Uint8Array(limits.depthMax + 1);
    this.left[0] = 1;
  }

  run(): void {
    const { left, isMap, limits } = this;
    while (this.level >= 0) {
      const rest = left[this.level] as number;
      if (rest === 0) {
        this.level -= 1;
        continue;
      }
      left[this.level] = rest - 1;
      this.nodes += 1;
      if (this.nodes > limits.nodesMax) throw corruptFrame(`more than ${limits.nodesMax} values`);
      if (isMap[this.level] === 1 && rest % 2 === 0) this.key();
      else this.value();
    }
    if (this.at !== this.end) throw corruptFrame("bytes behind the message");
  }

  private value(): void {
    const token = this.uint(1);
    if (token < 0x80 || token >= 0xe0) return;
    if (token < 0x90) return this.open(token & 0x0f, true);
    if (token < 0xa0) return this.open(token & 0x0f, false);
    if (token < 0xc0) return this.text(token & 0x1f);
    switch (token) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
        if (this.uint(1) !== DESCRIPTOR_BYTES) throw corruptFrame("bytes that are no column");
        return this.skip(DESCRIPTOR_BYTES);
      case 0xcb:
        return this.skip(8);
      case 0xcc:
      case 0xd0:
        return this.skip(1);
      case 0xcd:
      case 0xd1:
        return this.skip(2);
      case 0xce:
      case 0xd2:
        return this.skip(4);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.uint(2 ** (token - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.open(this.uint(token === 0xdc ? 2 : 4), false);
      case 0xde:
      case 0xdf:
        return this.open(this.uint(token === 0xde ? 2 : 4), true);
      default:
        throw corruptFrame(`the byte 0x${token.toString(16)}, which no message has`);
    }
  }

  private key(): void {
    const token = this.uint(1);
    let length: number;
    if (token >= 0xa0 && token < 0xc0) length = token & 0x1f;
    else if (token === 0xd9 || token === 0xda) length = this.uint(2 ** (token - 0xd9));
    else throw corruptFrame("a key that is no text");
    if (length > this.limits.keyBytesMax) throw corruptFrame(`a key of ${length} bytes`);
    const from = this.at;
    this.skip(length);
    const longest = 11;
    if (length > longest) return;
    const key = String.fromCharCode(...this.bytes.subarray(from, this.at));
    if (FORBIDDEN_KEYS.has(key)) throw corruptFrame(`the key ${key}`);
  }

  private text(length: number): void {
    if (length > this.limits.textBytesMax) throw corruptFrame(`a text of ${length} bytes`);
    this.skip(length);
  }

  private open(count: number, isMap: boolean): void {
    const values = isMap ? 2 * count : count;
    // Every value takes a byte or more.
    if (values > this.end - this.at) throw corruptFrame("a length beyond its end");
    if (values === 0) return;
    if (this.level === this.limits.depthMax) {
      throw corruptFrame(`more than ${this.limits.depthMax} levels`);
    }
    this.level += 1;
    this.left[this.level] = values;
    this.isMap[this.level] = isMap ? 1 : 0;
  }

  /** A number of 1, 2 or 4 bytes, the highest first. */
  private uint(width: number): number {
    const from = this.at;
    this.skip(width);
    let value = 0;
    for (let i = from; i < this.at; i++) value = value * 256 + (this.bytes[i] as number);
    return value;
  }

  private skip(count: number): void {
    if (count > this.end - this.at) throw corruptFrame("a length beyond its end");
    this.at += count;
  }
}

/** Whether a key may stand in a message. */
export function isAllowedKey(key: string): boolean {
  return !FORBIDDEN_KEYS.has(key);
}
