import { absoluteUrl, globSync, numberedUrls } from "@millrace/storage";
import { invalidArgument } from "../errors.ts";

/**
 * What happens to files that are there and match the pattern of a writer, with digits for its star:
 * "replace" puts new files in the place of those of the same names and leaves others, "overwrite"
 * removes all others once the new ones are there, "append" adds files whose names sort behind,
 * "error" refuses to write beside them.
 */
export type WriteMode = "replace" | "overwrite" | "append" | "error";

/** Where the files of partitions go. */
export interface WritePlan {
  /** One a partition; names sort in their order. */
  readonly paths: readonly string[];
  /** Files of an earlier write, to be removed once all new ones are there. */
  readonly stale: readonly string[];
}

const modes: readonly unknown[] = ["replace", "overwrite", "append", "error"];

/** The files of `count` partitions by a pattern with one star. */
export function planWrite(api: string, pattern: string, count: number, mode: WriteMode): WritePlan {
  if (!modes.includes(mode))
    throw invalidArgument(api, "bad mode", mode, `one of ${modes.join(", ")}`);
  const paths = numberedUrls(pattern, count);
  if (paths === undefined) {
    const remedy = "The partition number takes the place of the star.";
    throw invalidArgument(api, "bad pattern", pattern, "a path with one *", remedy);
  }
  if (mode === "replace") return { paths, stale: [] };
  const there = existingFiles(pattern);
  switch (mode) {
    case "overwrite":
      return { paths, stale: there.filter((file) => !paths.includes(file)) };
    case "append":
      return { paths: appended(pattern, there, count), stale: [] };
    case "error": {
      const [first] = there;
      if (first === undefined) return { paths, stale: [] };
      const remedy = 'Choose another folder, or mode: "overwrite" or "append".';
      throw invalidArgument(api, "files are there", first, "none that match the pattern", remedy);
    }
  }
}

/** Files whose names are the pattern with digits for the star. */
function existingFiles(pattern: string): readonly string[] {
  const [before = "", after = ""] = absoluteUrl(pattern).split("*");
  const escaped = [before, after].map((part) => part.replace(/[\\?[\]{}()!+@]/g, "\\$&"));
  const found = globSync(escaped.join("*"), { allowEmpty: true });
  return found.filter((file) => /^\d+$/.test(numberOf(file, before, after)));
}

function numberOf(file: string, before: string, after: string): string {
  return file.slice(before.length, file.length - after.length);
}

/**
 * Numbers that sort behind those that are there, as texts do: in their width while there is room,
 * then longer ones that begin with nines.
 */
function appended(pattern: string, there: readonly string[], count: number): readonly string[] {
  const [before = "", after = ""] = absoluteUrl(pattern).split("*");
  const last = there
    .map((file) => numberOf(file, before, after))
    .sort()
    .at(-1);
  if (last === undefined) return numberedUrls(pattern, count) ?? [];
  const room = 10 ** last.length - 1 - Number(last);
  const width = String(count - 1).length;
  return Array.from({ length: count }, (_, i) => {
    const number =
      count <= room
        ? String(Number(last) + 1 + i).padStart(last.length, "0")
        : "9".repeat(last.length) + String(i).padStart(width, "0");
    return before + number + after;
  });
}
