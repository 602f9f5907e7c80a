import { quoteValue } from "@millrace/graph";
import { ConfigError } from "../errors.ts";

/** Where something should have listened. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** The scheduler that is known to be there. */
  readonly pid?: number | undefined;
}

/** What an error of listening means for whoever typed the command; itself where it is another. */
export function bindError(error: unknown, { host, port, pid }: Place): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  switch (code) {
    case "EADDRINUSE": {
      const who = pid === undefined ? "another process" : `the scheduler of process ${pid}`;
      return refusal(
        error,
        `--port: ${who} listens there already, got ${port}, wanted a port of nobody. ` +
          `Name another one, or 0 for any that is free; 'lsof -i :${port}' says whose it is.`,
      );
    }
    case "EACCES":
      return refusal(
        error,
        `--port: this user may not listen there, got ${port}, wanted a port above 1023. Name another one.`,
      );
    case "EADDRNOTAVAIL":
      return refusal(
        error,
        `--host: this machine has no such address, got ${quoteValue(host)}, wanted one of its own. ` +
          "Leave it out for loopback, or take 0.0.0.0 for all.",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return refusal(
        error,
        `--host: the name leads nowhere, got ${quoteValue(host)}, wanted a name or address of this machine. ` +
          "Leave it out for loopback.",
      );
    case undefined:
    default:
      return error;
  }
}

function refusal(cause: unknown, message: string): ConfigError {
  return new ConfigError(message, { cause });
}
