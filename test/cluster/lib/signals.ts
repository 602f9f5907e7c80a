import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getWorker } from "@millrace/distributed";
import { until } from "./until.ts";

/**
 * Words between a test and its tasks, which run in other processes: files in a folder. Tasks write
 * `<name>.<worker>.<process>.<attempt>` when they begin.
 */
export class Signals {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** How often a task has begun, anywhere. */
  countOf(name: string): number {
    return this.#of(name).length;
  }

  /** The workers that a task has begun on, in no order. */
  workersOf(name: string): readonly string[] {
    return this.#of(name).map((file) => file.split(".")[1] ?? "");
  }

  #of(name: string): readonly string[] {
    return readdirSync(this.folder).filter((file) => file.startsWith(`${name}.`));
  }

  /** The worker on which a task begins, once it does. */
  async begun(name: string, count = 1): Promise<string> {
    await until(`task ${name} begins`, () => this.countOf(name) >= count, 15_000);
    return this.workersOf(name).at(-1) as string;
  }

  /** Whether a task has written a file of this name. */
  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  /** Lets tasks of a name go on, now and whenever they come. */
  go(name: string): void {
    writeFileSync(join(this.folder, `go-${name}`), "");
  }
}

/** Says, in a task, that it begins. Before anything that the task waits for. */
export function begin(folder: string, name: string): void {
  const { name: worker, attempt } = getWorker();
  writeFileSync(join(folder, `${name}.${worker}.${process.pid}.${attempt}`), "");
}

/** A task that says that it begins, waits for a word of the test, and gives a value. */
export async function waiting<T>(folder: string, name: string, value: T): Promise<T> {
  begin(folder, name);
  while (!existsSync(join(folder, `go-${name}`))) await new Promise((go) => setTimeout(go, 5));
  return value;
}
