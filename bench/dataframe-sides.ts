import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Interface } from "node:readline";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { BenchResult, BenchRow } from "./bench.ts";
import { compareCases, median } from "./measure.ts";

/** One engine with the data that queries, known by name, run over. */
export interface Side {
  readonly name: string;
  /** Runs a query and keeps what it gives; tells the processor time it took, of all threads. */
  run(query: string): Promise<number>;
  /** Numbers made of what the last query gave: its rows and sums over them. */
  answer(): Promise<readonly number[]>;
  close(): void;
}

/** A column of a result: texts are there as numbers, the digits that they end in. */
export type Numbers = ArrayLike<number>;

/**
 * Each query on each side, in turns; the first side is the baseline, so a ratio above 1 says how
 * many times as long another one takes. The answers of all sides must agree to nine digits.
 */
export async function compareSides(
  sides: readonly Side[],
  queries: readonly string[],
  repeats: number,
): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  const answers: string[] = [];
  for (const query of queries) {
    const cpu = sides.map((): number[] => []);
    const cases = sides.map((side, s): [string, () => Promise<void>] => [
      `${query}: ${side.name}`,
      async () => void cpu[s]?.push(await side.run(query)),
    ]);
    const timed = await compareCases(Object.fromEntries(cases), { repeats });
    rows.push(...timed.map((row, s) => ({ ...row, cpuMs: median(cpu[s]?.slice(1) ?? []) })));
    answers.push(await agreedAnswer(sides, query));
  }
  return { rows: [...rows, ...overall(sides, rows)], answer: answers.join("; ") };
}

async function agreedAnswer(sides: readonly Side[], query: string): Promise<string> {
  let agreed: readonly number[] | undefined;
  for (const side of sides) {
    const answer = await side.answer();
    agreed ??= answer;
    const isSame = answer.every((n, i) => isNear(n, agreed?.[i]));
    if (isSame && answer.length === agreed.length) continue;
    throw new Error(`${query}: ${side.name} gives ${answer.join()}, not ${agreed.join()}`);
  }
  return `${query} ${(agreed ?? []).map((n) => n.toPrecision(9)).join(" ")}`;
}

/** Sums of floats depend on the order of the rows in their last digits. */
function isNear(a: number, b: number | undefined): boolean {
  return b !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

/** Geometric means over the queries, of times and of ratios, for each side. */
function overall(sides: readonly Side[], rows: readonly BenchRow[]): BenchRow[] {
  return sides.map(({ name }) => {
    const own = rows.filter((row) => row.case.endsWith(`: ${name}`));
    return {
      case: `geometric mean: ${name}`,
      medianMs: geometricMean(own.map(({ medianMs }) => medianMs)),
      ratio: geometricMean(own.map(({ ratio = NaN }) => ratio)),
    };
  });
}

function geometricMean(numbers: readonly number[]): number {
  return Math.exp(numbers.reduce((sum, n) => sum + Math.log(n), 0) / numbers.length);
}

/**
 * The number of rows, and sums of the values, each alone and times the sum of the keys of its row.
 */
export function checksum(keys: readonly Numbers[], values: readonly Numbers[]): number[] {
  const rows = (keys[0] ?? values[0])?.length ?? 0;
  const sums = [rows];
  for (const value of values) {
    let [sum, weighted] = [0, 0];
    for (let i = 0; i < rows; i += 1) {
      let key = 0;
      for (const column of keys) key += column[i] as number;
      sum += value[i] as number;
      weighted += key * (value[i] as number);
    }
    sums.push(sum, weighted);
  }
  return sums;
}

/** The processor time of this process while something runs. */
export async function cpuMsOf(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The peers that the environment names, each in a process of its own; see the README. */
export async function peerSides(args: readonly string[]): Promise<Side[]> {
  const { MILLRACE_PEERS: peers, MILLRACE_DASK_PYTHON: python } = process.env;
  const path = (file: string): string => join(import.meta.dirname, "peers", file);
  const commands: string[][] = [];
  if (peers !== undefined) {
    if (!existsSync(peers)) throw new Error(`MILLRACE_PEERS: there is no folder ${peers}`);
    commands.push([process.execPath, path("dataframe-polars.mjs"), peers, ...args]);
  }
  if (python !== undefined) commands.push([python, path("dataframe-dask.py"), ...args]);
  return Promise.all(commands.map((command) => new PeerProcess(command).start()));
}

/**
 * A process that reads commands, a line each, and answers each with a line of JSON: first its name,
 * then to `run <query>` the processor time, to `answer` the numbers.
 */
class PeerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #replies: AsyncIterator<string>;

  constructor([command = "", ...args]: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#replies = this.#lines[Symbol.asyncIterator]();
  }

  async start(): Promise<Side> {
    const name = (await this.#reply()) as string;
    return {
      name,
      run: async (query) => (await this.#ask(`run ${query}`)) as number,
      answer: async () => (await this.#ask("answer")) as number[],
      close: () => void this.#child.kill(),
    };
  }

  #ask(command: string): Promise<unknown> {
    this.#child.stdin.write(`${command}\n`);
    return this.#reply();
  }

  async #reply(): Promise<unknown> {
    const { value, done } = await this.#replies.next();
    if (done === true) throw new Error(`${this.#child.spawnargs.join(" ")} ended too early`);
    return JSON.parse(value) as unknown;
  }
}
