import { checkOptions, quoteValue } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../errors.ts";
import { optionRefusal } from "../option-refusal.ts";

/** What one call brings here unless told otherwise: more is seldom meant. */
export const bytesMaxDefault: number = 2 ** 30;

/** How much one call may bring to this process; it stays one when it has been used up. */
export class ByteBudget {
  /** For what was counted before, or is never collected as a whole. */
  static readonly none: ByteBudget = new ByteBudget("", Infinity, "");
  /** Why something was refused; undefined where nothing was. */
  refusal: DistributedError | undefined;
  readonly #api: string;
  readonly #bytesMax: number;
  readonly #remedy: string;
  #bytes = 0;

  /** `remedy` is what to do instead, a sentence. */
  constructor(api: string, bytesMax: number, remedy: string) {
    this.#api = api;
    this.#bytesMax = bytesMax;
    this.#remedy = remedy;
  }

  /**
   * So many bytes more are to come.
   *
   * @throws DistributedError `distributed/too-many-bytes` where that is more than may
   */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return;
    this.refusal ??= new DistributedError(
      "distributed/too-many-bytes",
      `${this.#api}: too much for one call, got values of ${sizeText(this.#bytes)} or more, wanted ` +
        `${sizeText(this.#bytesMax)} at most. ${this.#remedy}`,
    );
    throw this.refusal;
  }
}

/** How much a call may bring here. */
export interface ResultOptions {
  /** The call rejects rather than bring more bytes than this; default: that of the client. */
  readonly bytesMax?: number | undefined;
}

/** The budget of a call with these options, of a client with that limit. */
export function budgetOf(api: string, options: ResultOptions, bytesMax: number): ByteBudget {
  const remedy = "Give a larger 'bytesMax', or leave the values where they are and compute there.";
  return new ByteBudget(api, checkBytesMax(api, options.bytesMax) ?? bytesMax, remedy);
}

/** The budget of all values of a graph. */
export function budgetOfCompute(bytesMax: number): ByteBudget {
  const remedy =
    "Connect the client with a larger 'bytesMax', leave the values with the workers by 'persist', " +
    "or go through them piece by piece: 'iterate' of a Bag, 'stream' of a client.";
  return new ByteBudget("compute", bytesMax, remedy);
}

/** The same where there are no other options. */
export function budgetOfResult(options: ResultOptions, bytesMax: number): ByteBudget {
  checkOptions("Future.result", options, ["bytesMax"], optionRefusal);
  return budgetOf("Future.result", options, bytesMax);
}

/**
 * Checks the option of this name.
 *
 * @throws DistributedError `distributed/invalid-argument`
 */
export function checkBytesMax(api: string, bytesMax: unknown): number | undefined {
  if (bytesMax === undefined || (typeof bytesMax === "number" && bytesMax >= 0)) return bytesMax;
  throw invalidArgument(
    api,
    "bad bytesMax",
    quoteValue(bytesMax),
    "a number of bytes, or Infinity",
    "Correct the option.",
  );
}

function sizeText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 2 ** (10 * power);
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${units[power]}`;
}
