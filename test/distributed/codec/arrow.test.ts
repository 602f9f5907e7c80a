import * as arrow from "apache-arrow";
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";

import { blockBytes } from "../../../packages/distributed/src/codec/block.ts";
import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { sliceBlock } from "../../../packages/distributed/src/codec/pieces.ts";
import { preparationFor } from "../../../packages/distributed/src/codec/preparation.ts";
import { shareBlock } from "../../../packages/distributed/src/codec/share-block.ts";
import { typedTable } from "./arrow-tables.ts";

beforeAll(async () => {
  await preparationFor(encodeValue(new arrow.Schema([])));
});

const travelled = <T>(value: T): T => decodeValue(encodeValue(value)) as T;

/** All that Arrow itself would write of a table: schema, metadata, batches, buffers. */
function ipc(table: arrow.Table): string {
  return Buffer.from(arrow.tableToIPC(table)).toString("base64");
}

function rowsOf(table: arrow.Table): string {
  return JSON.stringify(table.toArray(), (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}

describe("a table of every type of Arrow", () => {
  const table = typedTable(50);

  test("comes back as Arrow itself would write and read it", () => {
    const back = travelled(table);
    expect(back).toBeInstanceOf(arrow.Table);
    expect(ipc(back)).toBe(ipc(table));
    expect(rowsOf(back)).toBe(rowsOf(arrow.tableFromIPC(arrow.tableToIPC(table))));
  });

  test("has columns of the same classes, also by name", () => {
    const classes = (each: arrow.Table): unknown[] =>
      each.schema.fields.map(({ type, nullable, metadata }) => [
        type.constructor,
        String(type),
        nullable,
        [...metadata],
      ]);
    expect(classes(travelled(table))).toEqual(classes(table));
    for (const { type } of travelled(table).schema.fields)
      expect(type).toBeInstanceOf(arrow.DataType);
  });

  test("keeps chunks, and slices show what they showed", () => {
    for (const [from, to] of [
      [0, 50],
      [3, 20],
      [17, 18],
      [20, 20],
      [49, 50],
    ] as const) {
      const slice = table.concat(table.slice(5, 11)).slice(from, to + 2);
      const back = travelled(slice);
      expect(back.batches.map(({ numRows }) => numRows)).toEqual(
        slice.batches.map(({ numRows }) => numRows),
      );
      expect(rowsOf(back)).toBe(rowsOf(slice));
      expect(ipc(back)).toBe(ipc(slice));
    }
  });

  test("travels through shared memory and in pieces", () => {
    const parts = [table.slice(0, 10), table.slice(10, 50)];
    const block = shareBlock(encodeValue(parts, { pieces: true }));
    parts.forEach((part, j) => {
      expect(rowsOf(decodeValue(sliceBlock(block, j)) as arrow.Table)).toBe(rowsOf(part));
    });
  });
});

test("a large column is the block's memory, before and after", () => {
  const numbers = Float64Array.from({ length: 100_000 }, (_, i) => i);
  const table = arrow.tableFromArrays({ numbers });
  const block = encodeValue(table);
  expect(block.buffers.map(({ buffer }) => buffer)).toContain(numbers.buffer);
  const shared = shareBlock(block);
  const column = (decodeValue(shared) as typeof table).getChild("numbers");
  expect(column?.data[0]?.values.buffer).toBe(shared.buffers[0]?.buffer);
});

test("a table that was read from a file of Arrow is one buffer", () => {
  const table = arrow.tableFromIPC(arrow.tableToIPC(typedTable(20_000)));
  const block = encodeValue(table);
  expect(block.buffers.length).toBeLessThan(8);
  expect(ipc(decodeValue(block) as arrow.Table)).toBe(ipc(table));
});

test("ten rows of a million take the bytes of ten rows", () => {
  const length = 200_000;
  const table = new arrow.Table({
    name: arrow.vectorFromArray(
      Array.from({ length }, (_, i) => `name ${i}`),
      new arrow.Utf8(),
    ),
    flag: arrow.vectorFromArray(Array.from({ length }, (_, i) => (i % 3 ? i % 2 === 0 : null))),
    list: arrow.vectorFromArray(
      Array.from({ length }, (_, i) => [i, i]),
      new arrow.List(new arrow.Field("item", new arrow.Int32())),
    ),
    large: arrow.vectorFromArray(
      Array.from({ length }, (_, i) => `${i}`),
      new arrow.LargeUtf8(),
    ),
  });
  const slice = table.slice(100_003, 100_013);
  const block = encodeValue(slice);
  expect(blockBytes(block)).toBeLessThan(4_000);
  expect(rowsOf(decodeValue(block) as arrow.Table)).toBe(rowsOf(slice));
  expect(blockBytes(encodeValue(table.slice(7, 7)))).toBeLessThan(4_000);
});

test("schema, batch, vector, field, type and data travel on their own and share their parts", () => {
  const table = typedTable(20);
  const [batch] = table.batches;
  const vector = table.getChild("dictionary");
  const value = {
    schema: table.schema,
    table,
    batch,
    vector,
    again: vector,
    data: vector?.data[0],
  };
  const back = travelled(value);
  expect(back.schema).toBe(back.table.schema);
  expect(back.vector).toBe(back.again);
  expect(back.vector?.data[0]).toBe(back.data);
  expect(back.batch).toBe(back.table.batches[0]);
  expect(back.vector?.toJSON()).toEqual(vector?.toJSON());
  for (const part of [table.schema.fields[3], table.schema.fields[3]?.type]) {
    expect(String(travelled(part))).toBe(String(part));
  }
});

test("types nested forty deep travel, at any depth of the value around them", () => {
  let type: arrow.DataType = new arrow.Int32();
  for (let i = 0; i < 40; i++) type = new arrow.List(new arrow.Field("item", type, true));
  let value: unknown = new arrow.Schema([new arrow.Field("deep", type)]);
  for (let i = 0; i < 95; i++) value = [value];
  let back = travelled(value);
  for (let i = 0; i < 95; i++) back = (back as unknown[])[0];
  expect(String(back)).toContain(`deep: ${"List<".repeat(40)}Int32`);
});

test("a class of a user's that extends one of Arrow is refused like any other", () => {
  class MyTable extends arrow.Table {}
  class MyUtf8 extends arrow.Utf8 {}
  class MyVector extends arrow.Vector {}
  const { data } = arrow.vectorFromArray([1, 2]);
  for (const value of [new MyTable(), new MyUtf8(), new MyVector(data as never)]) {
    expect(() => encodeValue([value])).toThrow(expect.objectContaining({ path: "$[0]" }));
  }
});

test("a vector that keeps its values still does", () => {
  const vector = arrow.vectorFromArray(["a", "b", "a"]).memoize();
  const back = travelled(vector);
  expect(back.isMemoized).toBe(true);
  expect(back.toArray()).toEqual(vector.toArray());
});

test("metadata of schemas, fields and batches stays, and a table without batches is one", () => {
  const field = new arrow.Field("a", new arrow.Int8(), true, new Map([["unit", "m"]]));
  const schema = new arrow.Schema([field], new Map([["from", "é"]]));
  const data = arrow.makeData({ type: new arrow.Struct([field]), length: 0, children: [] });
  const batch = new arrow.RecordBatch(schema, data as never, new Map([["batch", "1"]]));
  const back = travelled({
    schema,
    batch,
    empty: new arrow.Table(schema),
    none: new arrow.Table(),
  });
  expect([...back.schema.metadata]).toEqual([["from", "é"]]);
  expect([...(back.schema.fields[0]?.metadata ?? [])]).toEqual([["unit", "m"]]);
  expect([...back.batch.metadata]).toEqual([["batch", "1"]]);
  expect([back.empty.batches.length, back.none.numCols]).toEqual([0, 0]);
  const stream = arrow.tableFromIPC(arrow.tableToIPC(new arrow.Table(schema)));
  expect(ipc(travelled(stream))).toBe(ipc(stream));
  expect(travelled(stream).batches[0]?.constructor).toBe(stream.batches[0]?.constructor);
});

test("Arrow is loaded by the one who meets a value of it, and by nobody else", () => {
  const codec = new URL("../../../packages/distributed/dist/", import.meta.url).href;
  const program = `
    const { encodeValue } = await import("${codec}codec/encode-value.js");
    const { decodeValue } = await import("${codec}codec/decode-value.js");
    const { preparationFor } = await import("${codec}codec/preparation.js");
    await import("${codec}index.js");
    decodeValue(encodeValue([{ a: 1 }, new Float64Array(9000)]));
    const header = Buffer.from(process.argv[1], "hex");
    const block = { header, buffers: [] };
    let code;
    try { decodeValue(block); } catch (error) { code = error.code; }
    await preparationFor(block);
    const arrow = await import("apache-arrow");
    const value = decodeValue(block);
    console.log(code, value instanceof arrow.Schema, value.constructor === arrow.Schema, preparationFor(block));`;
  const { header } = encodeValue(new arrow.Schema([new arrow.Field("a", new arrow.Bool())]));
  const args = ["--input-type=module", "-e", program, Buffer.from(header).toString("hex")];
  const cwd = new URL("../../../packages/distributed/", import.meta.url).pathname;
  expect(execFileSync(process.execPath, args, { encoding: "utf8", cwd }).trim()).toBe(
    "distributed/not-prepared true true undefined",
  );
});
