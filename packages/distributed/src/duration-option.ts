import { optionRefusal } from "./option-refusal.ts";
import { parseDuration } from "./settings/parse-duration.ts";

/** Timers hold 31 bits. */
const durationMsMax = 2 ** 31 - 1;

/** An option of milliseconds, or of a text such as "5s", in milliseconds. */
export function durationOption(api: string, name: string, value: unknown): number {
  const ms = typeof value === "string" ? parseDuration(value) : value;
  if (typeof ms === "number" && ms >= 1 && ms <= durationMsMax) return ms;
  const wanted = "milliseconds from 1 to 2 ** 31 - 1, or text such as '500ms', '5s' or '1m'";
  throw optionRefusal(api, `bad ${name}`, value, wanted);
}
