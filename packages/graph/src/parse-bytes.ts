import { invalidArgument } from "./errors.ts";

const PATTERN = /^\s*(\d+(?:\.\d*)?|\.\d+)(e\+?\d+)?\s*([kmgtp]?)(i?)b?\s*$/i;
const POWERS = ["", "k", "m", "g", "t", "p"];

/**
 * A size as a whole number of bytes; a number comes back as it is.
 *
 * Decimal units (`kB`, `MB`, `GB`, `TB`, `PB`) are powers of 1000, binary ones (`KiB`, `MiB`, …)
 * powers of 1024; letter case, spaces and the final `B` do not matter. Fractions are rounded to the
 * nearest byte.
 *
 * @param size - such as `"64MB"`, `"1.5 GiB"`, `"4096"` or a whole number of bytes, 0 or more
 * @throws GraphError `graph/invalid-argument` for anything else
 * @example
 * ```ts
 * import { parseBytes } from "@millrace/graph";
 *
 * parseBytes("64MB"); // => 64000000
 * parseBytes("1.5KiB"); // => 1536
 * ```
 */
export function parseBytes(size: string | number, api = "parseBytes"): number {
  const bytes = typeof size === "number" ? size : bytesOf(size);
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw invalidArgument(
    api,
    "not a size",
    size,
    "a whole number of bytes or text such as '64MB'",
    "Units are B, kB, MB, GB, TB, PB and KiB, MiB, GiB, TiB, PiB.",
  );
}

function bytesOf(text: unknown): number {
  const match = typeof text === "string" ? PATTERN.exec(text) : null;
  if (match === null) return Number.NaN;
  const [, digits = "", exponent = "", prefix = "", binary = ""] = match;
  if (binary !== "" && prefix === "") return Number.NaN;
  const base = binary === "" ? 1000 : 1024;
  return Math.round(Number(digits + exponent) * base ** POWERS.indexOf(prefix.toLowerCase()));
}
