import { capture, revive } from "@millrace/closure";
import fc from "fast-check";
import { expect, test } from "vitest";

// Everything that structured values are made of, nested and with shared parts.
const value = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
  withObjectString: true,
  withUnicodeString: true,
  // "max" makes values of gigabytes here.
  maxDepth: 4,
  size: "medium",
  maxKeys: 6,
});

const offset = 7;

test("revive(capture(f))() deeply equals f() for whatever f captures", async () => {
  await fc.assert(
    fc.asyncProperty(value, value, async (first, second) => {
      const shared = [first];
      const f = (): unknown => [first, second, shared, { shared }, offset];
      const again = await revive<typeof f>(capture(f));
      expect(again()).toStrictEqual(f());
      const [, , list, holder] = again() as [0, 0, unknown[], { shared: unknown[] }];
      expect(list).toBe(holder.shared);
    }),
    { numRuns: 40 },
  );
});

test("the same content gives the same bytes, other content another hash", () => {
  fc.assert(
    fc.property(value, fc.anything(), (first, other) => {
      const make = (captured: unknown) => () => captured;
      const one = capture(make(first));
      const two = capture(make(first));
      expect(two.bytes).toEqual(one.bytes);
      expect(two.hash).toBe(one.hash);
      const wrapped = capture(make([first, other]));
      expect(wrapped.hash).not.toBe(one.hash);
    }),
    { numRuns: 40 },
  );
});

test("numbers and strings get the same bytes however V8 holds them", () => {
  const make = (captured: unknown) => () => captured;
  const hash = (captured: unknown): string => capture(make(captured)).hash;
  const double = [1, 2.5].map((x) => Math.round(x - 0.25))[0];
  expect(hash(double)).toBe(hash(1));
  const wide = "é€abc".slice(2);
  expect(hash(wide)).toBe(hash("abc"));
  expect(hash(-0)).not.toBe(hash(0));
  expect(hash([1, 2])).not.toBe(hash(["1", "2"]));
});
