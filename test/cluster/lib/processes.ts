import { readFileSync, readdirSync } from "node:fs";
import { until } from "./until.ts";

/** Whether there is a process, be it stopped; one that has ended and is not waited for is none. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return stateOf(pid) !== "Z";
}

/** The letter by which the system tells what a process does; undefined where there is none. */
export function stateOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[0];
  } catch {
    return undefined;
  }
}

/** Processes that a process has started and that have not ended. */
export function childrenOf(pid: number): readonly number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")
      .split(" ")
      .filter((text) => text.trim() !== "")
      .map(Number),
  );
}

/** Waits until a process has ended. */
export async function gone(pid: number, timeoutMs?: number): Promise<void> {
  await until(`the end of process ${pid}`, () => !isAlive(pid), timeoutMs);
}
