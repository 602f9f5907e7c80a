/**
 * The merging t-digest of T. Dunning and O. Ertl, "Computing extremely accurate quantiles using
 * t-digests" (2019): sorted values, of which neighbours are joined where the quantiles between them
 * are less than a step of the scale `arcsin`. So the ends stay fine, and the first and last value
 * always stay alone, which keeps the least and the greatest exact.
 */
export interface Centroids {
  /** Means of the joined values, in order; NaN last. */
  readonly means: Float64Array;
  /** How many values each has. */
  readonly weights: Float64Array;
}

/** Steps of the scale: about as many centroids are left of any number of values. */
export const centroidsMax = 500;

/**
 * Joins centroids `0` up to, without, `n` in place; gives how many are left. Few are left alone, so
 * quantiles of few values are exact.
 */
export function compress({ means, weights }: Centroids, n: number): number {
  if (n <= centroidsMax) return n;
  let total = 0;
  for (let j = 0; j < n; j++) total += weights[j] as number;
  let last = 0;
  let before = 0;
  let limit = 0;
  for (let j = 1; j < n; j++) {
    const mean = means[last] as number;
    const value = means[j] as number;
    const weight = (weights[last] as number) + (weights[j] as number);
    const isEnd = last === 0 || j === n - 1;
    if (!isEnd && before + weight <= limit * total && mayJoin(mean, value)) {
      weights[last] = weight;
      if (value !== mean) means[last] = mean + ((value - mean) * (weights[j] as number)) / weight;
      continue;
    }
    before += weights[last] as number;
    limit = stepAfter(before / total);
    last++;
    means[last] = value;
    weights[last] = weights[j] as number;
  }
  return last + 1;
}

/** The quantile one step of the scale behind another. */
function stepAfter(q: number): number {
  const angle = Math.asin(2 * q - 1) + (2 * Math.PI) / centroidsMax;
  return angle >= Math.PI / 2 ? 1 : (Math.sin(angle) + 1) / 2;
}

/** Infinities and NaN have no mean with others. */
function mayJoin(a: number, b: number): boolean {
  return (Number.isFinite(a) && Number.isFinite(b)) || Object.is(a, b);
}

/**
 * The quantile `q` of centroids `start` up to, without, `end`: on the line between the middles of
 * two neighbours, so exact where each is a single value.
 */
export function quantileOf(
  { means, weights }: Centroids,
  start: number,
  end: number,
  q: number,
): number {
  let total = 0;
  for (let j = start; j < end; j++) total += weights[j] as number;
  const place = q * (total - 1);
  let first = 0;
  let middleBefore = 0;
  for (let j = start; j < end; j++) {
    const weight = weights[j] as number;
    const mean = means[j] as number;
    const middle = first + (weight - 1) / 2;
    if (Number.isFinite(mean) ? place <= middle : place <= first + weight - 1) {
      const low = j === start ? mean : (means[j - 1] as number);
      if (low === mean || j === start || place === middle) return mean;
      if (!Number.isFinite(low) && place >= first) return mean;
      if (!Number.isFinite(mean) && place <= first - 1) return low;
      return low + ((mean - low) * (place - middleBefore)) / (middle - middleBefore);
    }
    first += weight;
    middleBefore = middle;
  }
  return means[end - 1] as number;
}

/**
 * Sorts centroids `0` up to, without, `n`, which are some sorted runs one behind the other: joins
 * neighbouring runs until there is one. `spare` has room for as many.
 */
export function mergeRuns(centroids: Centroids, spare: Centroids, n: number): void {
  for (;;) {
    let runs = 0;
    for (let start = 0; start < n; runs++) {
      const middle = runEnd(centroids.means, start, n);
      if (middle === n) break;
      const end = runEnd(centroids.means, middle, n);
      joinRuns(centroids, spare, start, middle, end);
      start = end;
    }
    if (runs === 0) return;
  }
}

function runEnd(means: Float64Array, start: number, n: number): number {
  let end = start + 1;
  while (end < n && !isBefore(means[end] as number, means[end - 1] as number)) end++;
  return end;
}

function isBefore(a: number, b: number): boolean {
  return a < b || (b !== b && a === a);
}

function joinRuns(
  { means, weights }: Centroids,
  spare: Centroids,
  start: number,
  middle: number,
  end: number,
): void {
  spare.means.set(means.subarray(start, middle));
  spare.weights.set(weights.subarray(start, middle));
  let left = 0;
  let right = middle;
  for (let at = start; left < middle - start; at++) {
    const takesRight = right < end && isBefore(means[right] as number, spare.means[left] as number);
    means[at] = takesRight ? (means[right] as number) : (spare.means[left] as number);
    weights[at] = takesRight ? (weights[right] as number) : (spare.weights[left] as number);
    if (takesRight) right++;
    else left++;
  }
}
