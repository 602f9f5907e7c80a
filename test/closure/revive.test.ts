import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { runInThisContext } from "node:vm";
import { capture, CaptureError, revive } from "@millrace/closure";
import fc from "fast-check";
import { expect, test } from "vitest";

const run = promisify(execFile);
const byte = fc.integer({ min: 1, max: 255 });
const sample = (x: number): number => x + 1;

async function refusal(packed: unknown): Promise<{ code: string; message: string }> {
  try {
    await revive(packed as Uint8Array);
  } catch (error) {
    if (error instanceof CaptureError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}

test("any flipped byte and any cut is closure/corrupt, never another answer", async () => {
  const table = new Map([["a", { list: [1, 2, 3], text: "text" }]]);
  const { bytes } = capture(() => table);
  const damage = fc.oneof(
    fc.record({ at: fc.nat(bytes.length - 1), flip: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ cut: fc.nat(bytes.length - 1) }),
    fc.record({ more: fc.uint8Array({ minLength: 1, maxLength: 9 }) }),
  );
  await fc.assert(
    fc.asyncProperty(damage, async (kind) => {
      let broken = Uint8Array.from(bytes);
      if ("at" in kind) broken[kind.at]! ^= kind.flip;
      else if ("cut" in kind) broken = broken.slice(0, kind.cut);
      else broken = Uint8Array.from([...broken, ...kind.more]);
      expect((await refusal(broken)).code).toBe("closure/corrupt");
    }),
    { numRuns: 200 },
  );
});

test("the messages for bytes that are none of ours", async () => {
  const { bytes } = capture(sample);
  const newer = Uint8Array.from(bytes);
  newer[3] = 9;
  const touched = Uint8Array.from(bytes);
  touched[touched.length - 1]! ^= 1;
  const messages = [];
  for (const broken of [new Uint8Array(3), new Uint8Array(100), newer, touched]) {
    messages.push((await refusal(broken)).message);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "revive: these bytes are not an intact captured function: it is 3 bytes long. Send exactly the bytes that capture returned, with this version of @millrace/closure.",
      "revive: these bytes are not an intact captured function: it does not begin as a captured function does. Send exactly the bytes that capture returned, with this version of @millrace/closure.",
      "revive: these bytes are not an intact captured function: its format is version 9, and this package reads 1. Send exactly the bytes that capture returned, with this version of @millrace/closure.",
      "revive: these bytes are not an intact captured function: the hints checksum differs. Send exactly the bytes that capture returned, with this version of @millrace/closure.",
    ]
  `);
  expect(await refusal("text")).toMatchInlineSnapshot(`
    {
      "code": "closure/invalid-argument",
      "message": "revive: the argument must be what capture returned or its bytes, got "text". Pass the bytes as a Uint8Array.",
    }
  `);
});

test("a Buffer in the middle of a larger one revives, and may change afterwards", async () => {
  const table = new Float64Array([1, 2, 3]);
  const { bytes } = capture(() => table);
  const larger = Buffer.alloc(bytes.length + 20, 7);
  larger.set(bytes, 10);
  const again = await revive<() => Float64Array>(larger.subarray(10, 10 + bytes.length));
  larger.fill(0);
  expect(again()).toEqual(new Float64Array([1, 2, 3]));
});

test("the same content is revived once in a thread", async () => {
  const { bytes } = capture((x: number) => x * 12_345);
  expect(await revive(bytes)).toBe(await revive(Uint8Array.from(bytes)));
});

test("a revived function is captured again as the bytes it came from", async () => {
  const offset = 5;
  const packed = capture((x: number) => x + offset + 0.5);
  const again = await revive<(x: number) => number>(packed.bytes);
  expect(capture(again).hash).toBe(packed.hash);
  expect(capture(again).bytes).toEqual(packed.bytes);
});

test("functions inside a revived one can be captured too", async () => {
  const k = 4;
  class Base {
    static unit = 2;
    value = k;
  }
  class Derived extends Base {
    ["twice"](): number {
      return this.value * Derived.unit;
    }
  }
  const make = (): (() => Promise<number>) => async () => {
    const { sep } = await import("node:path");
    return new Derived().twice() + sep.length;
  };
  const inner = (await revive<typeof make>(capture(make)))();
  const innermost = await revive<() => Promise<number>>(capture(inner));
  expect(await innermost()).toBe(9);
});

test("a stack trace from the revived function names the original place", async () => {
  const fail = (): never => {
    throw new Error("here");
  };
  const place = (call: () => never): string | undefined => {
    try {
      return call();
    } catch (error) {
      return /revive\.test\.ts:\d+:\d+/.exec((error as Error).stack ?? "")?.[0];
    }
  };
  const again = await revive<() => never>(capture(fail));
  expect(place(again)).toMatch(/^revive\.test\.ts:\d+:\d+$/);
});

test("the hash does not depend on where the function stands", () => {
  const [first, second] = [0, 1].map((line) => {
    const source = `${"\n".repeat(line)}(k) => (x) => x * k`;
    return (runInThisContext(source) as (k: number) => (x: number) => number)(3);
  });
  expect(capture(first!).hash).toBe(capture(second!).hash);
});

test("a standard function that the program replaced travels as its replacement", async () => {
  const script = fileURLToPath(new URL("./fixtures/replaced.mjs", import.meta.url));
  const { stdout } = await run(process.execPath, [script]);
  expect(JSON.parse(stdout)).toEqual(["random replaced", "existsSync replaced", 1, "function"]);
});

/** Bytes with checksums that hold, whatever the content is. */
function sealed(content: Uint8Array, hints: Uint8Array): Uint8Array {
  const sum = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  const magic = Buffer.from([0x4d, 0x52, 0x46, 1]);
  return Buffer.concat([magic, sum(content), sum(hints), length, content, hints]);
}

test("forged bytes with intact checksums are refused by code, and pollute nothing", async () => {
  class Point {
    x = [1, "a"];
  }
  const table = new Map<string, unknown>([
    ["point", new Point()],
    ["date", new Date(0)],
    ["pattern", /x/g],
    ["bytes", new Uint8Array(3)],
    ["boxed", Object("s")],
    ["own", JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')],
  ]);
  const { bytes } = capture(() => table);
  const end = 72 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(68, true);
  const codes = new Set<string>();
  const flips = fc.record({ at: fc.integer({ min: 72, max: bytes.length - 1 }), flip: byte });
  await fc.assert(
    fc.asyncProperty(flips, async ({ at, flip }) => {
      const broken = Uint8Array.from(bytes);
      broken[at]! ^= flip;
      try {
        await revive(sealed(broken.subarray(72, end), broken.subarray(end)));
      } catch (error) {
        codes.add((error as CaptureError).code);
      }
    }),
    { numRuns: 400 },
  );
  const known = ["closure/corrupt", "closure/syntax", "closure/missing-export"];
  expect([...codes].filter((code) => !known.includes(code))).toEqual([]);
  expect(codes).toContain("closure/corrupt");
  expect(({} as { polluted?: number }).polluted).toBe(undefined);
});

test.each([
  ["nesting deeper than the stack", new Uint8Array(400_000).map((_, i) => (i % 2 === 0 ? 14 : 1))],
  ["digits that are none", Uint8Array.of(8, 2, 0x7a, 0x7a)],
  ["text that is no UTF-8", Uint8Array.of(9, 2, 0xff, 0xff)],
  ["an array longer than the bytes", Uint8Array.of(14, 0xff, 0xff, 0xff, 0xff, 0x7f)],
  ["a number longer than numbers are", Uint8Array.of(4, ...new Uint8Array(20).fill(0xff))],
  ["nothing", new Uint8Array(0)],
  ["null", Uint8Array.of(1)],
])("forged content is closure/corrupt: %s", async (_, content) => {
  const forged = sealed(content, Uint8Array.of(14, 0));
  expect((await refusal(forged)).code).toBe("closure/corrupt");
});

test("a built-in module that this version of Node lacks is named", async () => {
  const { bytes } = capture(() => tmpdir());
  const other = Buffer.from(bytes).toString("latin1").replace("\x02os", "\x02no");
  const renamed = Buffer.from(other, "latin1");
  const end = 72 + renamed.readUInt32LE(68);
  const packed = sealed(renamed.subarray(72, end), renamed.subarray(end));
  const { code, message } = await refusal(packed);
  expect(code).toBe("closure/missing-export");
  expect(message.replace(/Node \d+\.\d+\.\d+/, "Node x")).toMatchInlineSnapshot(
    `"revive: this process has no such built-in module, got "node:no", wanted one of Node x. Use the same versions on both sides."`,
  );
});
