import { compareKeys } from "@millrace/graph";
import fc from "fast-check";
import { expect, it } from "vitest";

const key = fc
  .array(fc.constantFrom("a", "b", "/", "-", "0", "00", "7", "10", "9", "é", "\u{1F600}", ":"), {
    maxLength: 8,
    size: "max",
  })
  .map((parts) => parts.join(""));

it("keys are in a total order: antisymmetric, transitive, and zero only for the same key", () => {
  fc.assert(
    fc.property(key, key, key, (a, b, c) => {
      expect(Math.sign(compareKeys(a, b))).toBe(0 - Math.sign(compareKeys(b, a)));
      expect(compareKeys(a, b) === 0).toBe(a === b);
      if (compareKeys(a, b) < 0 && compareKeys(b, c) < 0) expect(compareKeys(a, c)).toBeLessThan(0);
    }),
  );
});

it("runs of digits of any length compare as the numbers they write", () => {
  const digits = fc.bigInt({ min: 0n, max: 10n ** 40n });
  fc.assert(
    fc.property(digits, digits, fc.constantFrom("", "x"), (a, b, tail) => {
      fc.pre(a !== b);
      expect(Math.sign(compareKeys(`p-${a}${tail}`, `p-${b}${tail}`))).toBe(a < b ? -1 : 1);
    }),
  );
});

it("a key that another one begins with comes first, leading zeros last", () => {
  const keys = ["a1b", "a01", "a1", "a", "a/2", "a/10", ""];
  expect(keys.toSorted(compareKeys)).toEqual(["", "a", "a/2", "a/10", "a01", "a1", "a1b"]);
});
