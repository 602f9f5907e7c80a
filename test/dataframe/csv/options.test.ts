import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { CsvPart } from "../../../packages/dataframe/dist/io/csv/csv-settings.js";
import { readCsvPart } from "../../../packages/dataframe/dist/io/csv/read-csv-part.js";
import { readCsvSource } from "../../../packages/dataframe/dist/io/csv/read-csv-source.js";
import { valuesOf } from "../../lib/dataframe/columns.ts";
import { file, readCsv, settingsOf } from "../../lib/dataframe/csv-files.ts";

const columns = async (...args: Parameters<typeof readCsv>): Promise<unknown> =>
  (await readCsv(...args)).columns;

test("dtypes that no schema gives are inferred from the first rows", async () => {
  const text = [
    "int,float,bool,date,ms,us,zip,text,none,huge",
    "1,1,true,2024-02-29,2024-02-29T12:00:00Z,2024-02-29 12:00:00.123456,007,a,,18446744073709551616",
    '-2,2.5e3,FALSE,1969-12-31,2024-02-29 12:00,2024-02-29,"12",1,,1',
  ];
  const { dtypes, columns: read } = await readCsv(file(text.join("\n")));
  expect(dtypes).toEqual({
    int: d.int64,
    float: d.float64,
    bool: d.bool,
    date: d.date,
    ms: d.timestamp("ms"),
    us: d.timestamp("us"),
    zip: d.utf8,
    text: d.utf8,
    none: d.utf8,
    huge: d.utf8,
  });
  expect(read).toEqual({
    int: [1n, -2n],
    float: [1, 2500],
    bool: [true, false],
    date: [19_782, -1],
    ms: [1_709_208_000_000n, 1_709_208_000_000n],
    us: [1_709_208_000_123_456n, 1_709_164_800_000_000n],
    zip: ["007", "12"],
    text: ["a", "1"],
    none: [null, null],
    huge: ["18446744073709551616", "1"],
  });
});

test("a schema gives some columns their dtypes", async () => {
  const { dtypes, columns: read } = await readCsv(file("a,b,c\n1,2,3.10\n"), {
    schema: { a: d.int8, c: d.decimal(5, 2) },
  });
  expect(dtypes).toEqual({ a: d.int8, b: d.int64, c: d.decimal(5, 2) });
  expect(read).toEqual({ a: [1], b: [2n], c: [310n] });
});

test("an empty field is null and a quoted one is empty text, if its column is text", async () => {
  const text = 'n,t\n,\n"",""\n1,x\n';
  expect(await columns(file(text))).toEqual({ n: [null, null, 1n], t: [null, "", "x"] });
});

test("texts that mean null do so without quotes alone", async () => {
  const text = 'a,b\nNA,NA\n"NA",1\n,2\n';
  const read = await columns(file(text), { nullValues: ["NA"] });
  expect(read).toEqual({ a: [null, "NA", ""], b: [null, 1n, 2n] });
});

test("empty lines are no rows, but are null in a file of one column", async () => {
  expect(await columns(file("a,b\n\n1,2\r\n\r\n\n3,4\n\n"))).toEqual({ a: [1n, 3n], b: [2n, 4n] });
  expect(await columns(file("a\n1\n\n2\n\n"))).toEqual({ a: [1n, null, 2n, null] });
});

test("a mark of byte order is no part of the first name, and the last line needs no end", async () => {
  expect(await columns(file("\ufeffa,b\r\n1,2\r\n3,4"))).toEqual({ a: [1n, 3n], b: [2n, 4n] });
});

test("columns without a name have that of their place", async () => {
  expect(await columns(file(",b\n1,2\n"))).toEqual({ column_1: [1n], b: [2n] });
  expect(await columns(file("1,2\n"), { header: false })).toEqual({
    column_1: [1n],
    column_2: [2n],
  });
  const named = await columns(file("1,2\n"), { header: false, columns: ["x", "y"] });
  expect(named).toEqual({ x: [1n], y: [2n] });
});

test("lines before the header are left out, and comments are, wherever they stand", async () => {
  const text = 'made "by\nx\n# no header\na,b\n#1,2\n3,4\n';
  const read = await columns(file(text), { skipRows: 2, comment: "#" });
  expect(read).toEqual({ a: [3n], b: [4n] });
});

test.each([",", ";", "\t", "|"])("the delimiter %j is found", async (delimiter) => {
  const text = `a${delimiter}n\n"x;,|\t"${delimiter}1\ny${delimiter}2\n`;
  const read = await readCsv(file(text), { delimiter: "infer" });
  expect(read.columns).toEqual({ a: ["x;,|\t", "y"], n: [1n, 2n] });
});

test("quotes and escapes are other characters, or none", async () => {
  const escaped = String.raw`a,b
'it\'s','\\n'
'x',y
`;
  expect(await columns(file(escaped), { quote: "'", escape: "\\" })).toEqual({
    a: ["it's", "x"],
    b: ["\\n", "y"],
  });
  expect(await columns(file('a,b\n"x,"y\n'), { quote: null })).toEqual({ a: ['"x'], b: ['"y'] });
  expect(await columns(file('a,b\n5" x,y""\n'))).toEqual({ a: ['5" x'], b: ['y""'] });
});

test("trim leaves blanks around fields out, but not inside of quotes", async () => {
  const text = 'a, b\n 1 , " x " \n\t2\t,y \n';
  expect(await columns(file(text), { trim: true })).toEqual({ a: [1n, 2n], b: [" x ", "y"] });
});

test("a comma stands before fractions where that is said", async () => {
  const read = await columns(file("a;b\n1,5;1,25\n2;-0,5\n"), {
    delimiter: ";",
    decimal: ",",
    schema: { b: d.decimal(4, 2) },
  });
  expect(read).toEqual({ a: [1.5, 2], b: [125n, -50n] });
});

test.each(["utf16le", "latin1"] as const)("files of %s are read whole", async (encoding) => {
  const bytes = Buffer.from("n,é\n1,ü\n2,\n", encoding);
  const path = file(encoding === "latin1" ? bytes : Buffer.concat([Buffer.of(0xff, 0xfe), bytes]));
  expect(await columns(path, { encoding })).toEqual({ n: [1n, 2n], é: ["ü", null] });
});

test("compressed files and files of a server are partitions as a whole", async () => {
  const text = `a,b\n${"1,x\n".repeat(20_000)}`;
  const zipped = await readCsv([
    file(gzipSync(text), "z.csv.gz"),
    file(brotliCompressSync(text), "z.csv.br"),
  ]);
  expect(zipped.npartitions).toBe(2);
  expect(zipped.columns["a"]).toEqual(Array.from({ length: 40_000 }, () => 1n));
  const server = createServer((_, response) => response.end(text));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const schema = { a: d.int32, b: d.utf8 };
  const served = await readCsv(`http://127.0.0.1:${port}/a.csv`, { schema });
  server.close();
  expect(served.columns["b"]).toEqual(Array.from({ length: 20_000 }, () => "x"));
});

test("files have the columns of the first one in any order, and are told apart by their path", async () => {
  const paths = [file("a,b\n1,x\n", "1.csv"), file("b,a\ny,2\n", "2.csv"), file("", "3.csv")];
  const read = await readCsv(paths, { includePath: "file", filesPerPartition: 2 });
  expect(read.npartitions).toBe(2);
  expect(read.columns).toEqual({ a: [1n, 2n], b: ["x", "y"], file: paths.slice(0, 2) });
});

test("bad rows are left out, or what is bad in them is null", async () => {
  const path = file('a,b\n1,x\n2\n3,y,z\n"4"5,w\nq,v\n6,u\n');
  const schema = { a: d.int32, b: d.utf8 };
  expect(await columns(path, { schema, badRows: "skip" })).toEqual({ a: [1, 6], b: ["x", "u"] });
  expect(await columns(path, { schema, badRows: "null" })).toEqual({
    a: [1, 2, 3, null, null, 6],
    b: ["x", null, "y", "w", "v", "u"],
  });
});

test("whether a row is left out does not depend on the columns that are asked for", async () => {
  const source = readCsvSource("readCsv", file("a,b\n1,x\nq,y\n"), {
    schema: { a: d.int32, b: d.utf8 },
    badRows: "skip",
  });
  const block = await readCsvPart(source.parts[0] as CsvPart, settingsOf(source), ["b"]);
  expect(block.columns.map(valuesOf)).toEqual([["x"]]);
});

test("texts are stored once each where that was asked for, and where they are few", async () => {
  const few = file(`a\n${"x\n".repeat(100)}`);
  const many = file(`a\n${Array.from({ length: 20_000 }, (_, i) => `t${i}\n`).join("")}`, "b.csv");
  const isEncoded = async (path: string, dictionary?: boolean): Promise<boolean> => {
    const source = readCsvSource("readCsv", path, dictionary === undefined ? {} : { dictionary });
    const block = await readCsvPart(source.parts[0] as CsvPart, settingsOf(source), ["a"]);
    expect(new Set(block.columns.flatMap(valuesOf)).size).toBe(path === few ? 1 : 20_000);
    return block.columns[0]?.dictionary !== undefined;
  };
  expect(await isEncoded(few)).toBe(true);
  expect(await isEncoded(few, false)).toBe(false);
  expect(await isEncoded(many)).toBe(false);
  expect(await isEncoded(many, true)).toBe(true);
});
