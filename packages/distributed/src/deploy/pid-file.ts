import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { quoteValue } from "@millrace/graph";
import { ConfigError } from "../errors.ts";

/**
 * Writes the number of this process into a file, and gives what removes it again. One that a dead
 * process has left is replaced.
 *
 * @throws ConfigError `distributed/config` where its process runs, or it cannot be written
 */
export function writePidFile(path: string): () => void {
  const other = pidIn(path);
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
    if (pidIn(path) === process.pid) unlinkSync(path);
  };
}

/** The process that a file names; undefined for one that is missing or names none. */
function pidIn(path: string): number | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
  } catch {
    // Where it is there and cannot be read, writing it says so.
    return undefined;
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
