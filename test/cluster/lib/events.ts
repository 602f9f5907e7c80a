import type { Log } from "../../../packages/distributed/dist/log.js";

/** An event that was logged. */
export interface LoggedEvent {
  readonly level: keyof Log;
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A log that keeps what it is told. */
export class Events implements Log {
  readonly all: LoggedEvent[] = [];
  readonly debug = this.#at("debug");
  readonly info = this.#at("info");
  readonly warn = this.#at("warn");
  readonly error = this.#at("error");

  #at(level: keyof Log): Log["debug"] {
    return (event, facts = {}) =>
      void this.all.push({ level, event, facts: facts as Record<string, unknown> });
  }

  /** All of one name. */
  of(event: string): readonly LoggedEvent[] {
    return this.all.filter((each) => each.event === event);
  }
}
