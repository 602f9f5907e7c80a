/** From the scheduler to a worker: somebody wants to see the last lines of its log. */
export interface LogsWanted {
  readonly kind: "logs-wanted";
  /** Comes back with the answer. */
  readonly question: number;
  readonly linesMax: number;
}

/** From a worker to the scheduler: lines of its log, the oldest first. */
export interface LogsTold {
  readonly kind: "logs-told";
  readonly question: number;
  readonly lines: readonly string[];
}
