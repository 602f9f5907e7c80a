import { invalidArgument } from "../errors.ts";

/** A pattern as functions of texts take it: the source and its flags, `null` for a plain text. */
export type PatternParams = readonly [source: string, flags: string | null];

/** Checks what a user gave as text or pattern to look for. */
export function checkPattern(api: string, pattern: unknown): PatternParams {
  if (typeof pattern === "string") return [pattern, null];
  if (pattern instanceof RegExp) return checkRegExp(api, pattern);
  throw invalidArgument(api, "no pattern", pattern, "a text or a RegExp");
}

/** Checks a pattern of which a string is the source. */
export function checkWholePattern(api: string, pattern: unknown): PatternParams {
  if (pattern instanceof RegExp) return checkRegExp(api, pattern);
  if (typeof pattern !== "string") {
    throw invalidArgument(api, "no pattern", pattern, "a RegExp or the source of one");
  }
  try {
    return checkRegExp(api, new RegExp(pattern));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidArgument(
      api,
      "no pattern",
      pattern,
      "the source of a RegExp",
      `${error.message}.`,
    );
  }
}

/** `g` and `y` say where a search begins, which here is always the start. */
function checkRegExp(api: string, pattern: RegExp): PatternParams {
  const { source, flags } = pattern;
  if (hasLookbehind(source)) {
    const remedy = "Match what stands before as well, or use a plain text.";
    throw invalidArgument(api, "no lookbehind", String(pattern), "a pattern without it", remedy);
  }
  return [source, flags.replace(/[gy]/g, "")];
}

function hasLookbehind(source: string): boolean {
  const bare = source.replace(/\\[^]/g, "").replace(/\[[^\]]*\]/g, "");
  return bare.includes("(?<=") || bare.includes("(?<!");
}
