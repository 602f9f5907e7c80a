/**
 * Which of two values comes first, in one order of everything, so that an answer cannot depend on
 * how the data was cut: what is nothing (NaN, null, undefined), then booleans, numbers and
 * bigints, texts, objects, the rest. Inside of a kind `<` decides; what it cannot tell apart
 * ties.
 */
export function compareValues(a: unknown, b: unknown): number {
  const rank = rankOf(a);
  const other = rankOf(b);
  if (rank !== other) return rank - other;
  if (rank === rankOfNothing || rank === rankOfTheRest) return 0;
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

const rankOfNothing = 0;
const rankOfTheRest = 5;

function rankOf(value: unknown): number {
  switch (typeof value) {
    case "undefined":
      return rankOfNothing;
    case "boolean":
      return 1;
    case "number":
      return Number.isNaN(value) ? rankOfNothing : 2;
    case "bigint":
      return 2;
    case "string":
      return 3;
    case "object":
      return value === null ? rankOfNothing : 4;
    case "function":
    case "symbol":
      return rankOfTheRest;
  }
}

/** The smaller or the larger of two values; NaN wins, as in `Math.min` and `Math.max`. */
export function extremeOf(want: "min" | "max", a: unknown, b: unknown): unknown {
  if (Number.isNaN(a)) return a;
  if (Number.isNaN(b)) return b;
  const order = compareValues(b, a);
  return (want === "min" ? order < 0 : order > 0) ? b : a;
}
