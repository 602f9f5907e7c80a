import { absoluteUrl } from "./location.ts";

/**
 * The URLs of `count` files: the number of each takes the place of the star in the pattern, padded
 * with zeros, so that names sort in the order of the numbers. They are absolute, so that a task in
 * another working directory means the same file. Undefined when the pattern does not have one star.
 *
 * @example
 * ```ts
 * import { numberedUrls } from "@millrace/storage";
 *
 * numberedUrls("https://data.org/part-*.csv", 11)?.at(3); // => "https://data.org/part-03.csv"
 * numberedUrls("part.csv", 11); // => undefined
 * ```
 */
export function numberedUrls(pattern: string, count: number): string[] | undefined {
  const parts = typeof pattern === "string" ? pattern.split("*") : [];
  if (parts.length !== 2) return undefined;
  const width = String(count - 1).length;
  return Array.from({ length: count }, (_, i) =>
    absoluteUrl(parts.join(String(i).padStart(width, "0"))),
  );
}
