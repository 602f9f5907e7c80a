const PATTERN = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|h|d)?\s*$/i;
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What a duration looks like, for messages. */
export const durationForm = "seconds, or text such as '30s', '5m' or '12h'";

/** A duration in milliseconds; a number without a unit is one of seconds. Undefined for others. */
export function parseDuration(duration: string | number): number | undefined {
  const match = PATTERN.exec(String(duration));
  if (match === null) return undefined;
  const [, digits = "", unit = "s"] = match;
  const ms = Math.round(Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  return Number.isSafeInteger(ms) ? ms : undefined;
}
