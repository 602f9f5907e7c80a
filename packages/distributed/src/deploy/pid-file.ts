import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { quoteValue } from "@millrace/graph";
import { ConfigError } from "../errors.ts";

/**
 * Writes the number of this process into a file, and gives what removes it again. One that a dead
 * process has left is replaced.
 *
 * @throws ConfigError `distributed/config` where its process runs, it holds something else, or it
 *   cannot be written
 */
export function writePidFile(path: string): () => void {
  const text = textOf(path);
  const other = pidIn(text);
  if (text !== "" && other === undefined) {
    throw new ConfigError(
      `--pid-file: there is something else in it, got ${quoteValue(path)}, wanted a path of no file, or ` +
        "of one that holds just the number of a process. Name another file.",
    );
  }
  if (other !== undefined && other !== process.pid && isRunning(other)) {
    throw new ConfigError(
      `--pid-file: a process has written it and runs, got ${quoteValue(path)} of process ${other}, ` +
        "wanted a file of nobody. End that one first, or name another file.",
    );
  }
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    throw new ConfigError(
      `--pid-file: it cannot be written (${codeOf(error)}), got ${quoteValue(path)}, wanted a path in a ` +
        "folder that this process may write to. Name another file.",
      { cause: error },
    );
  }
  return () => {
    if (pidIn(textOf(path)) === process.pid) unlinkSync(path);
  };
}

/** The process that the text of a file names; undefined where it names none. */
function pidIn(text: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** What stands in a file; nothing where it is missing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // Where it is there and cannot be read, writing it says so.
    return "";
  }
}

/** Whether there is a process of this number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, as another user.
    return codeOf(error) === "EPERM";
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
