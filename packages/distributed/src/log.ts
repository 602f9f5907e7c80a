/** Facts of an event: what a line of a log shows beside its words. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** Where a process says what happens to it: one line an event. */
export interface Log {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
}
