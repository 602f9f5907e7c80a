import { expect, it } from "vitest";
import { encodeValue } from "../../../../packages/distributed/src/codec/encode-value.ts";
import {
  ThreadValues,
  readPayload,
} from "../../../../packages/distributed/src/worker/threads/thread-values.ts";

const name = { id: 3, version: 1 };

it("a value that others made is built when it is read first, and then shared", () => {
  const values = new ThreadValues();
  values.give(name, encodeValue({ rows: [1, 2] }));
  const first = values.read(name);
  expect(first).toEqual({ rows: [1, 2] });
  expect(values.read(name)).toBe(first);
});

it("a value that was made here stays alive", () => {
  const values = new ThreadValues();
  const live = { text: "a".repeat(5_000) };
  values.keep(name, encodeValue(live), live);
  expect(values.read(name)).toBe(live);
  expect(values.preparation(name)).toBeUndefined();
});

it("of a value that is mostly buffers only the block is kept", () => {
  const values = new ThreadValues();
  const live = new Float64Array(1_000).fill(7);
  values.keep(name, encodeValue(live, { shared: true }), live);
  const read = values.read(name);
  expect(read).toEqual(live);
  expect(read).not.toBe(live);
});

it("a value is read and dropped only as the attempt that is meant", () => {
  const values = new ThreadValues();
  values.give({ id: 3, version: 2 }, encodeValue("new"));
  values.drop(name);
  expect(values.read({ id: 3, version: 2 })).toBe("new");
  expect(() => values.read(name)).toThrow("a thread was told to read a value that it has not: 3:1");
  values.drop({ id: 3, version: 2 });
  expect(() => values.read({ id: 3, version: 2 })).toThrow("3:2");
});

it("a newer attempt takes the place of an older one", () => {
  const values = new ThreadValues();
  values.give(name, encodeValue("old"));
  values.give({ id: 3, version: 2 }, encodeValue("new"));
  expect(values.read({ id: 3, version: 2 })).toBe("new");
  expect(() => values.read(name)).toThrow("3:1");
});

it("a piece that was fetched alone has a number of its own", () => {
  const values = new ThreadValues();
  values.give(name, encodeValue("whole"));
  values.give({ id: 3, version: 0 }, encodeValue("piece"));
  expect(values.read(name)).toBe("whole");
  expect(values.read({ id: 3, version: 0 })).toBe("piece");
  values.drop({ id: 3, version: 0 });
  expect(values.read(name)).toBe("whole");
});

it("one piece is read without the others, or out of the value that is alive", () => {
  const pieces = [{ part: 0 }, { part: 1 }, { part: 2 }];
  const block = encodeValue(pieces, { pieces: true, shared: true });
  const values = new ThreadValues();
  values.give(name, block);
  expect(values.readPiece(name, 1)).toEqual({ part: 1 });
  values.keep({ id: 4, version: 1 }, block, pieces);
  expect(values.readPiece({ id: 4, version: 1 }, 2)).toBe(pieces[2]);
});

it("a small value that came with its task is read where it stands", () => {
  const { header } = encodeValue("small");
  const payload = new Uint8Array(header.length + 10);
  payload.set(header, 4);
  expect(readPayload(payload, 4, 4 + header.length)).toBe("small");
});
