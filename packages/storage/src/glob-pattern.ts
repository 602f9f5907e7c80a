import picomatch from "picomatch";
import { shown, StorageError } from "./storage-error.ts";

/** A pattern ready to be walked: from `base` down, files whose path below it passes `matches`. */
export interface GlobPattern {
  /**
   * The directory below the root that every match is in: the leading segments without wildcards,
   * unescaped.
   */
  readonly base: string;
  /** Whether a path relative to `base` (with `/`) is a match. */
  readonly matches: (relative: string) => boolean;
  /** Whether a directory that deep, with that name, can hold a match. */
  readonly descends: (depth: number, name: string, link: boolean) => boolean;
}

// What remains special after escapes are taken out: wildcards, a class, a brace list or range, an
// extglob.
const MAGIC = /[*?]|\[[^\]]+\]|\{[^{}]*(?:,|\.\.)[^{}]*\}|[@!+]\(/;

// The flag lets `**` match names that hold a newline.
const PICOMATCH_OPTIONS = {
  dot: false,
  nonegate: true,
  posix: true,
  expandRange,
  flags: "s",
} as const;

/** Whether a text has wildcards; a backslash makes the next character plain. */
export function isPattern(text: string): boolean {
  return MAGIC.test(text.replace(/\\./gs, ""));
}

/** The text that a pattern without wildcards stands for. */
export function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}

/**
 * Read the part of a pattern that follows its root (such as `/`, the working directory or
 * `s3://bucket/`).
 */
export function parsePattern(pattern: string): GlobPattern {
  const segments = splitSegments(pattern);
  const firstMagic = segments.findIndex(isPattern);
  const literal = segments.slice(0, firstMagic).map(unescaped);
  const rest = segments.slice(firstMagic);
  // From the first `**` (or a segment with a slash in braces) on, depth no longer says which
  // segment applies.
  const anyDepth = rest.findIndex((segment) => segment.includes("**") || segment.includes("/"));
  const fixed = anyDepth === -1 ? rest.length - 1 : anyDepth;
  const names = rest.slice(0, fixed).map((segment) => picomatch(segment, PICOMATCH_OPTIONS));
  const wantsHidden = rest.some((segment) => /(^|[/{(,|[])\\?\./.test(segment));
  const matches = picomatch(rest.join("/"), PICOMATCH_OPTIONS);
  return {
    base: literal.join("/"),
    // picomatch lets `!(a)` match hidden names.
    matches: (relative) => matches(relative) && (wantsHidden || !/(^|\/)\./.test(relative)),
    descends: (depth, name, link) => {
      if (depth < fixed) return names[depth]?.(name) ?? false;
      return anyDepth !== -1 && !link && (wantsHidden || !name.startsWith("."));
    },
  };
}

/** A name under a directory, for paths and URLs alike. */
export function joinUrl(directory: string, name: string): string {
  if (name === "") return directory;
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/**
 * Split at slashes that are not inside braces, brackets or parentheses; `.` and empty segments go.
 */
function splitSegments(pattern: string): string[] {
  const segments: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= pattern.length; at++) {
    const char = pattern[at];
    if (char === "\\") at++;
    else if (char === "{" || char === "(") depth++;
    else if (char === "}" || char === ")") depth = Math.max(0, depth - 1);
    else if (char === undefined || (char === "/" && depth === 0)) {
      segments.push(pattern.slice(from, at));
      from = at + 1;
    }
  }
  if (from <= pattern.length) segments.push(pattern.slice(from));
  return segments.filter((segment) => segment !== "" && segment !== ".");
}

const RANGE_MAX = 10_000;

/**
 * `{1..12}`, `{01..12}`, `{a..f}`, with an optional step; picomatch leaves ranges to its caller.
 */
function expandRange(from: string, to: string, ...rest: readonly unknown[]): string {
  const step = typeof rest[0] === "string" ? Math.abs(Number(rest[0])) : 1;
  const numeric = /^-?\d+$/.test(from) && /^-?\d+$/.test(to);
  const first = numeric ? Number(from) : (from.codePointAt(0) ?? 0);
  const last = numeric ? Number(to) : (to.codePointAt(0) ?? 0);
  const count = Math.floor(Math.abs(last - first) / step) + 1;
  if (!Number.isInteger(step) || step === 0 || count > RANGE_MAX) {
    throw new StorageError(
      "storage/bad-option",
      `glob: not a range, got ${shown(`{${from}..${to}}`)}, ` +
        `wanted 1 to ${RANGE_MAX} whole steps. Use '*'.`,
    );
  }
  const padded = /^-?0\d/.test(from) || /^-?0\d/.test(to);
  const width = padded ? Math.max(from.length, to.length) : 0;
  const values = Array.from({ length: count }, (_, index) => {
    const value = first + index * step * Math.sign(last - first);
    if (!numeric) return String.fromCodePoint(value);
    return value < 0
      ? `-${String(-value).padStart(width - 1, "0")}`
      : String(value).padStart(width, "0");
  });
  return `(?:${values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|")})`;
}
