/** Which of two values comes first: by `<` and `>`; NaN and what cannot be compared come before all else. */
export function compareValues(a: unknown, b: unknown): number {
  if ((a as number) < (b as number)) return -1;
  if ((a as number) > (b as number)) return 1;
  const lowA = isUnordered(a);
  const lowB = isUnordered(b);
  return lowA === lowB ? 0 : lowA ? -1 : 1;
}

function isUnordered(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value);
}

/** The smaller or the larger of two values; NaN wins, as in `Math.min` and `Math.max`. */
export function extremeOf(want: "min" | "max", a: unknown, b: unknown): unknown {
  if (Number.isNaN(a)) return a;
  if (Number.isNaN(b)) return b;
  const better = want === "min" ? (b as number) < (a as number) : (b as number) > (a as number);
  return better ? b : a;
}
