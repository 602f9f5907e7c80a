import { checkOptions } from "@millrace/graph";
import { optionRefusal } from "../../option-refusal.ts";

/** How long to wait for others. */
export interface WaitingOptions {
  /** Gives up after so many milliseconds, with a `TimeoutError`; default never. */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it is aborted, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One signal for all limits; undefined where there are none. */
export function limitOf(api: string, options: WaitingOptions): AbortSignal | undefined {
  checkOptions(api, options, ["timeoutMs", "signal"], optionRefusal);
  const { timeoutMs, signal } = options;
  if (signal !== undefined && !((signal as unknown) instanceof AbortSignal)) {
    throw optionRefusal(api, "bad signal", signal, "an AbortSignal");
  }
  if (timeoutMs === undefined) return signal;
  if (typeof timeoutMs !== "number" || !(timeoutMs >= 0) || timeoutMs > timeoutMsMax) {
    throw optionRefusal(
      api,
      "bad timeoutMs",
      timeoutMs,
      `a number of milliseconds from 0 to ${timeoutMsMax}`,
    );
  }
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

/** What a timer takes. */
const timeoutMsMax = 2 ** 31 - 1;
