import { parseBytes } from "@millrace/graph";
import { describe, expect, it } from "vitest";

describe("parseBytes", () => {
  it.each([
    ["0", 0],
    ["4096", 4096],
    ["64MB", 64_000_000],
    ["64 mb", 64_000_000],
    [" 1.5KiB ", 1536],
    ["1GiB", 2 ** 30],
    ["2k", 2000],
    ["2Ki", 2048],
    [".5kB", 500],
    ["1e3", 1000],
    ["1e3 kB", 1_000_000],
    ["3TB", 3e12],
    ["1PiB", 2 ** 50],
    ["0.1B", 0],
    ["10b", 10],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it("gives back a whole number", () => {
    expect(parseBytes(123)).toBe(123);
  });

  it.each(["", "MB", "64XB", "-1", "1ib", "1.2.3kB", "64 M B", "9e99", "NaN"])(
    "refuses %j",
    (text) => {
      expect(() => parseBytes(text)).toThrow(
        expect.objectContaining({ code: "graph/invalid-argument" }),
      );
    },
  );

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    "refuses the number %d",
    (n) => {
      expect(() => parseBytes(n)).toThrow(
        expect.objectContaining({ code: "graph/invalid-argument" }),
      );
    },
  );

  it("says what it wants", () => {
    expect(() => parseBytes("12 parsecs")).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: parseBytes: not a size, got "12 parsecs", wanted a whole number of bytes or text such as '64MB'. Units are B, kB, MB, GB, TB, PB and KiB, MiB, GiB, TiB, PiB.]`,
    );
    expect(() =>
      parseBytes("x".repeat(200), "repartitionBySize"),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: repartitionBySize: not a size, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., wanted a whole number of bytes or text such as '64MB'. Units are B, kB, MB, GB, TB, PB and KiB, MiB, GiB, TiB, PiB.]`,
    );
  });
});
