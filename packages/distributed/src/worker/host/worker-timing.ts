/** How soon a worker finds that others are out of reach. Times are milliseconds. */
export interface WorkerTiming {
  /** How often it says that it is there; default 5,000. */
  readonly heartbeatMs: number;
  /** A scheduler that was not heard for so long is out of reach; default 15,000. */
  readonly silenceMs: number;
  /** A peer that owes a value and sends nothing for so long has failed; default 15,000. */
  readonly transferMs: number;
}

/** Where values of a worker are found that is behind something which forwards a port. */
export interface Contact {
  readonly host: string;
  readonly port: number;
  /** Where the worker itself listens. */
  readonly servedPort: number;
}
