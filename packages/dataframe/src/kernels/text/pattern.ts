import type { Scalar } from "../../expr/typed.ts";

/** The pattern that the first two parameters of a function mean, for a search of all places. */
export function searchPattern(params: readonly Scalar[], all: boolean): RegExp {
  const [source, flags] = params as readonly [string, string];
  return new RegExp(source, all ? `${flags}g` : flags);
}

/** A pattern that finds nothing but whole texts. */
export function wholePattern(params: readonly Scalar[]): RegExp {
  const [source, flags] = params as readonly [string, string | null | undefined];
  // Not ^ and $, which the flag m lets match at line ends: (?!) sees the end of the text alone.
  return new RegExp(`(?<![^])(?:${source})(?![^])`, flags ?? "");
}
