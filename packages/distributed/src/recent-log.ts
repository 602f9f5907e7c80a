import type { Log } from "./log.ts";
import { createLog } from "./log.ts";

/** What is kept of a log. */
const linesKept = 1_000;
const charactersKept = 262_144;
const lineCharactersMax = 4_096;

/** A log that is passed on, and of which the last lines are kept for whoever asks. */
export class RecentLog implements Log {
  readonly #to: Log;
  readonly #own: Log;
  #lines: string[] = [];
  #characters = 0;

  constructor(to: Log) {
    this.#to = to;
    this.#own = createLog({ write: (line) => this.#keep(line.trimEnd()), level: "debug" });
  }

  debug(event: string, facts?: object): void {
    this.#own.debug(event, facts);
    this.#to.debug(event, facts);
  }

  info(event: string, facts?: object): void {
    this.#own.info(event, facts);
    this.#to.info(event, facts);
  }

  warn(event: string, facts?: object): void {
    this.#own.warn(event, facts);
    this.#to.warn(event, facts);
  }

  error(event: string, facts?: object): void {
    this.#own.error(event, facts);
    this.#to.error(event, facts);
  }

  /** The last lines, the oldest first. */
  lines(limit: number): readonly string[] {
    return limit === 0 ? [] : this.#lines.slice(-limit);
  }

  #keep(line: string): void {
    const isLong = line.length > lineCharactersMax;
    const kept = isLong ? `${line.slice(0, lineCharactersMax)}…` : line;
    this.#lines.push(kept);
    this.#characters += kept.length;
    while (this.#lines.length > linesKept || this.#characters > charactersKept) {
      this.#characters -= (this.#lines.shift() as string).length;
    }
  }
}
