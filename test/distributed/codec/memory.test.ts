import { expect, test } from "vitest";

import { blockBytes } from "../../../packages/distributed/src/codec/block.ts";
import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { shareBlock } from "../../../packages/distributed/src/codec/share-block.ts";
import { difference } from "./difference.ts";

function travelled<T>(value: T): T {
  return decodeValue(encodeValue(value)) as T;
}

const resizable = (bytes: number, bytesMax: number): ArrayBuffer =>
  new (ArrayBuffer as never as new (...args: unknown[]) => ArrayBuffer)(bytes, {
    maxByteLength: bytesMax,
  });

test("every kind of typed array keeps its class, its elements and its properties", () => {
  const names = Object.getOwnPropertyNames(globalThis).filter((name) => /^\w+\d+Array$/.test(name));
  expect(names.length).toBeGreaterThanOrEqual(10);
  for (const name of [...names, "Uint8ClampedArray"]) {
    const TypedArray = (globalThis as never as Record<string, Uint8ArrayConstructor>)[name]!;
    for (const length of [0, 1, 7, 40, 5_000]) {
      const array = new TypedArray(length);
      const bytes = new Uint8Array(array.buffer);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7) % 251;
      const back = travelled([
        array,
        new DataView(array.buffer),
        Object.assign(array.slice(), { a: 1 }),
      ]);
      expect(back[0]).toBeInstanceOf(TypedArray);
      expect(difference([array, new DataView(array.buffer)], back.slice(0, 2))).toBeUndefined();
      expect((back[2] as { a?: number }).a).toBe(1);
    }
  }
});

test("a Buffer stays a Buffer, and the pool around a small one stays behind", () => {
  const secret = Buffer.from("secret");
  const small = Buffer.from("small");
  expect(small.buffer).toBe(secret.buffer);
  const before = Buffer.from("before ".repeat(6));
  const between = Buffer.from("secret");
  const after = Buffer.from("after ".repeat(6));
  expect(new Set([before, between, after].map(({ buffer }) => buffer)).size).toBe(1);
  expect(Buffer.from(encodeValue([before, after]).header).includes("secret")).toBe(false);
  const block = encodeValue([small, small.subarray(1, 3)]);
  expect(blockBytes(block)).toBeLessThan(40);
  expect(Buffer.from(block.header).includes("secret")).toBe(false);
  const [back, part] = decodeValue(block) as Buffer[];
  expect(back).toEqual(small);
  expect(part?.toString()).toBe("ma");
  expect(Buffer.isBuffer(back)).toBe(true);
});

test("a large typed array is in the block without a copy, and in the value as well", () => {
  const numbers = Float64Array.from({ length: 100_000 }, (_, i) => i);
  const block = encodeValue({ numbers });
  expect(block.buffers.map(({ buffer }) => buffer)).toEqual([numbers.buffer]);
  expect(blockBytes(block)).toBeLessThan(numbers.byteLength + 40);
  const { numbers: back } = decodeValue(block) as { numbers: Float64Array };
  expect(back.buffer).toBe(numbers.buffer);
  const shared = shareBlock(block);
  const view = (decodeValue(shared) as { numbers: Float64Array }).numbers;
  expect(view.buffer).toBe(shared.buffers[0]?.buffer);
  expect(view.byteOffset % 64).toBe(0);
  expect(difference(numbers, view)).toBeUndefined();
});

test("of a large array only what a view shows travels", () => {
  const large = new Uint8Array(1_000_000).map((_, i) => i);
  const block = encodeValue([large.subarray(10, 20), large.subarray(999_000, 999_100)]);
  expect(blockBytes(block)).toBeLessThan(200);
  expect(decodeValue(block)).toEqual([large.slice(10, 20), large.slice(999_000, 999_100)]);
});

test("views that share bytes share them afterwards, at any size", () => {
  for (const size of [64, 100_000]) {
    const memory = new ArrayBuffer(size);
    const views = [
      new Uint8Array(memory, 3, 30),
      new Float64Array(memory, 8, 4),
      new DataView(memory, 20),
      new Uint16Array(memory),
    ] as const;
    const back = travelled(views);
    expect(new Set(back.map(({ buffer }) => buffer)).size).toBe(1);
    back[1][1] = 1.5;
    expect(back[3][11]).toBe(new Uint16Array(Float64Array.of(1.5).buffer)[3]);
    expect(back[1].byteOffset - back[0].byteOffset).toBe(5);
  }
});

test("small views stand apart when they did, and together when they did", () => {
  const { buffer } = Float64Array.of(1, 2, 3);
  const pool = Buffer.from("0123456789");
  const value = [
    Float64Array.of(NaN, -0, 1),
    new Float64Array(buffer),
    new Uint8Array(buffer),
    new Float64Array(buffer, 8),
    pool.subarray(0, 3),
    pool.subarray(5, 9),
    pool.subarray(5, 9),
    new Uint16Array(0),
    new BigInt64Array(600),
  ];
  const back = travelled(value) as Float64Array[];
  expect(difference(value, back)).toBeUndefined();
  const memories = back.map((view) => back.findIndex((other) => other.buffer === view.buffer));
  expect(memories).toEqual([0, 1, 1, 1, 4, 5, 5, 7, 8]);
  back[3]![0] = 5;
  expect(back[1]![1]).toBe(5);
});

test("the bits of a number that is none stay as they are", () => {
  const bits = BigUint64Array.of(0x7ff4_0000_0000_0001n, 0xfff8_dead_beef_0001n);
  const back = travelled([new Float64Array(bits.buffer)]);
  expect(new BigUint64Array(back[0]!.buffer)).toEqual(bits);
});

test("an ArrayBuffer travels whole, and views of it stand on it", () => {
  for (const size of [24, 80_000]) {
    const memory = new Uint8Array(size).map((_, i) => i).buffer;
    const value = { view: new Uint8Array(memory, 5, 10), memory, again: memory };
    const back = travelled(value);
    expect(difference(value, back)).toBeUndefined();
    expect(back.view.buffer).toBe(back.memory);
    expect(back.view.byteOffset).toBe(5);
    const shared = decodeValue(shareBlock(encodeValue(value))) as typeof value;
    expect(shared.memory).toBeInstanceOf(ArrayBuffer);
    expect(difference(value, shared)).toBeUndefined();
  }
});

test("a SharedArrayBuffer arrives as one, with the same bytes", () => {
  for (const size of [8, 80_000]) {
    const memory = new SharedArrayBuffer(size);
    new Uint8Array(memory).fill(5);
    const back = travelled({ memory, view: new Int32Array(memory, 4, 1) });
    expect(back.memory).toBeInstanceOf(SharedArrayBuffer);
    expect(Buffer.from(back.memory).equals(Buffer.from(memory))).toBe(true);
    expect(back.view.buffer).toBe(back.memory);
  }
});

test("a resizable ArrayBuffer stays resizable, and views that follow its size still do", () => {
  const memory = resizable(16, 64);
  const value = [
    memory,
    new Uint8Array(memory),
    new Uint8Array(memory, 4, 12),
    new DataView(memory),
  ];
  const back = travelled(value) as [ArrayBuffer, Uint8Array, Uint8Array, DataView];
  expect(difference(value, back)).toBeUndefined();
  (back[0] as never as { resize(bytes: number): void }).resize(32);
  expect([back[1].length, back[2].length, back[3].byteLength]).toEqual([32, 12, 32]);
});

test("a block that arrives out of alignment is read all the same", () => {
  const value = {
    a: Float64Array.from({ length: 5_000 }, (_, i) => i / 7),
    b: [1e9, ...Array(3_000).keys()],
  };
  const { header, buffers } = encodeValue(value);
  const moved = [header, ...buffers].map((bytes) => {
    const odd = new Uint8Array(bytes.length + 1);
    odd.set(bytes, 1);
    return odd.subarray(1);
  });
  const [oddHeader, ...oddBuffers] = moved;
  expect(decodeValue({ header: oddHeader!, buffers: oddBuffers })).toEqual(value);
});

test("sharing keeps buffers of one size and different memories apart", () => {
  const value = [1, 2, 3].map((n) => new Float64Array(1_000).fill(n));
  expect(decodeValue(shareBlock(encodeValue(value)))).toEqual(value);
});

test("sharing moves what two buffers show of one memory once", () => {
  const numbers = new Float64Array(10_000).fill(1);
  const block = encodeValue([numbers, numbers.subarray(0, 9_000)], { pieces: true });
  const twice = { header: block.header, buffers: [...block.buffers, ...block.buffers] };
  const shared = shareBlock(twice);
  const bytes = shared.header.buffer.byteLength;
  expect(bytes).toBeLessThan(19_500 * 8 + 200);
  expect(shared.buffers[0]?.buffer).toBe(shared.buffers[2]?.buffer);
});

test("numbers and texts of a shared block are written into shared memory at once", () => {
  const value = [Array.from({ length: 5_000 }, (_, i) => i / 3), Array(20_000).fill("a word")];
  const block = encodeValue(value, { shared: true });
  for (const bytes of [block.header, ...block.buffers]) {
    expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
  }
  expect(decodeValue(block)).toEqual(value);
});
