import { expect, it } from "vitest";
import {
  bearerOf,
  checkToken,
  createToken,
  isToken,
  isWeak,
} from "../../../../packages/distributed/dist/deploy/security/token.js";

it("tokens are 256 bits of text that needs no quotes, never the same twice", () => {
  const tokens = Array.from({ length: 100 }, () => createToken());
  expect(new Set(tokens).size).toBe(100);
  expect(tokens.every((token) => /^[A-Za-z0-9_-]{43}$/.test(token))).toBe(true);
});

it("only the token itself is the token", () => {
  const token = createToken();
  const others = [undefined, "", token.slice(1), token.slice(0, -1), `${token}x`, "x".repeat(1e6)];
  expect(isToken(token, token)).toBe(true);
  expect(others.filter((other) => isToken(other, token))).toEqual([]);
  // Two that are empty would be the same.
  expect(isToken(undefined, "")).toBe(false);
});

it("the token is what follows Bearer", () => {
  const said = [
    "Bearer abc",
    "bearer  a.b-c ",
    "Basic abc",
    "Bearer",
    "Bearer a b",
    "abc",
    undefined,
  ];
  expect(said.map((authorization) => bearerOf(authorization ? { authorization } : {}))).toEqual([
    "abc",
    "a.b-c",
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it("what no header can carry is refused, and not repeated", () => {
  const bad = ["", "with space", "line\nbreak", "ümlaut", "x".repeat(1025)];
  const codes = bad.map((token) => {
    try {
      checkToken("--token", token, "Correct it.");
      return "taken";
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      expect(token.length > 0 && message.includes(token)).toBe(false);
      return code;
    }
  });
  expect(codes).toEqual(bad.map(() => "distributed/invalid-argument"));
  expect(() =>
    checkToken("--token", "with space", "Correct it."),
  ).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: --token: it is no token, got a text of 10 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it.]`,
  );
});

it("short tokens are weak", () => {
  expect([isWeak("secret"), isWeak(createToken())]).toEqual([true, false]);
});
