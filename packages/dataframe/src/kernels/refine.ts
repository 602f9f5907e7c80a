/** Runs up to this long are sorted by insertion, which needs no counts. */
const insertedMax = 24;

/** From this length on digits of 11 bits pay for their longer counts. */
const longMin = 2 ** 12;

/**
 * Up to this length rows and keys stay in a cache while they are dealt out over all their length.
 */
const cachedMax = 2 ** 16;

/** Of more bits a table of counts would not stay in the nearest cache. */
const digitBitsMax = 11;

/** Bits that deal out what is longer, so that each part is near memory that is in use. */
const partBits = 10;

/**
 * Sorts the rows of each run by their keys, stably; `runs` are pairs of where they begin and end.
 * Gives the runs of rows whose keys are equal.
 */
export function refine(rows: Int32Array, keys: Int32Array, runs: Int32Array): Int32Array {
  const scratch = scratchFor(runs);
  let length = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number;
    const end = runs[k + 1] as number;
    if (end - start <= insertedMax) insertionSort(rows, keys, start, end);
    else sortLong(rows, keys, start, end, scratch);
    length += countTies(keys, start, end);
  }
  const ties = new Int32Array(2 * length);
  let at = 0;
  for (let k = 0; k < runs.length; k += 2) {
    at = writeTies(keys, runs[k] as number, runs[k + 1] as number, ties, at);
  }
  return ties;
}

/** Room for one run while it is sorted. */
interface Scratch {
  readonly rows: Int32Array;
  readonly keys: Int32Array;
  readonly counts: Int32Array;
}

const noScratch: Scratch = {
  rows: new Int32Array(0),
  keys: new Int32Array(0),
  counts: new Int32Array(0),
};

function scratchFor(runs: Int32Array): Scratch {
  let longest = 0;
  for (let k = 0; k < runs.length; k += 2) {
    longest = Math.max(longest, (runs[k + 1] as number) - (runs[k] as number));
  }
  if (longest <= insertedMax) return noScratch;
  return {
    rows: new Int32Array(longest),
    keys: new Int32Array(longest),
    counts: new Int32Array(4 << digitBitsMax),
  };
}

let near: Scratch | undefined;

/** Room for a run that fits a cache, beside that of a longer one. */
function nearScratch(): Scratch {
  near ??= {
    rows: new Int32Array(cachedMax),
    keys: new Int32Array(cachedMax),
    counts: new Int32Array(4 << digitBitsMax),
  };
  return near;
}

function insertionSort(rows: Int32Array, keys: Int32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const key = keys[i] as number;
    let j = i - 1;
    if ((keys[j] as number) <= key) continue;
    const row = rows[i] as number;
    while (j >= start && (keys[j] as number) > key) {
      keys[j + 1] = keys[j] as number;
      rows[j + 1] = rows[j] as number;
      j--;
    }
    keys[j + 1] = key;
    rows[j + 1] = row;
  }
}

/** Looks at what there is to do, and does it by radix. */
function sortLong(
  rows: Int32Array,
  keys: Int32Array,
  start: number,
  end: number,
  scratch: Scratch,
): void {
  const first = keys[start] as number;
  let previous = first;
  let varying = 0;
  let isSorted = true;
  for (let i = start + 1; i < end; i++) {
    const key = keys[i] as number;
    varying |= key ^ first;
    if (key < previous) isSorted = false;
    previous = key;
  }
  if (isSorted) return;
  const low = 31 - Math.clz32(varying & -varying);
  const bits = 32 - Math.clz32(varying) - low;
  const own = slice({ rows, keys }, start, end);
  if (end - start <= cachedMax || bits <= partBits) radixSort(own, low, bits, scratch);
  else sortParts(own, low, bits, scratch);
}

/**
 * Deals out by the highest bits first. Parts are dealt out again on the way back, by as many bits
 * as they have rows: what is left is nearly in order. Parts that are too long for that, and what
 * still has many rows of the same bits, are sorted as if they stood alone.
 */
function sortParts(own: Pairs, low: number, bits: number, scratch: Scratch): void {
  const { length } = own.keys;
  const left = bits - partBits;
  const places = new Int32Array(1 << partBits);
  countDigits(own.keys, low + left, partBits, 1, places);
  placeDigits(places, length);
  scatter(own, scratch, length, low + left, places);
  const near = nearScratch();
  const far: number[] = [];
  let start = 0;
  for (const end of places) {
    if (end - start > insertedMax && end - start <= cachedMax) {
      sortBack(slice(scratch, start, end), slice(own, start, end), low, left, near);
    } else {
      own.rows.set(scratch.rows.subarray(start, end), start);
      own.keys.set(scratch.keys.subarray(start, end), start);
      if (end - start <= insertedMax) insertionSort(own.rows, own.keys, start, end);
      else far.push(start, end);
    }
    start = end;
  }
  for (let k = 0; k < far.length; k += 2) {
    sortLong(own.rows, own.keys, far[k] as number, far[k + 1] as number, scratch);
  }
}

/** Sorts a part by its lowest `bits` bits from one place to another. */
function sortBack(from: Pairs, to: Pairs, low: number, bits: number, near: Scratch): void {
  const { length } = from.keys;
  const width = Math.min(bits, 32 - Math.clz32(length - 1), digitBitsMax);
  const counts = near.counts.subarray(0, 1 << width);
  const shift = low + bits - width;
  countDigits(from.keys, shift, width, 1, counts);
  let most = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    most = Math.max(most, counts[digit] as number);
  }
  placeDigits(counts, length, true);
  scatter(from, to, length, shift, counts);
  if (width === bits) return;
  if (most <= insertedMax) {
    insertionSort(to.rows, to.keys, 0, length);
    return;
  }
  // The table of counts is about to be used again.
  const ends = counts.slice();
  let start = 0;
  for (const end of ends) {
    if (end - start <= insertedMax) insertionSort(to.rows, to.keys, start, end);
    else sortLong(to.rows, to.keys, start, end, near);
    start = end;
  }
}

function slice({ rows, keys }: Pairs, start: number, end: number): Pairs {
  return { rows: rows.subarray(start, end), keys: keys.subarray(start, end) };
}

/** Least digit first. */
function radixSort(own: Pairs, low: number, bits: number, scratch: Scratch): void {
  const { length } = own.keys;
  const digits = Math.ceil(bits / (length < longMin ? 8 : digitBitsMax));
  const width = Math.ceil(bits / digits);
  let [from, to]: [Pairs, Pairs] = [own, scratch];
  const { counts } = scratch;
  countDigits(own.keys, low, width, digits, counts);
  for (let digit = 0; digit < digits; digit++) {
    const places = counts.subarray(digit << width, (digit + 1) << width);
    if (!placeDigits(places, length)) continue;
    scatter(from, to, length, low + digit * width, places);
    [from, to] = [to, from];
  }
  if (from !== own) copyBack(own, scratch);
}

function copyBack(own: Pairs, scratch: Scratch): void {
  const { length } = own.keys;
  own.rows.set(scratch.rows.subarray(0, length));
  own.keys.set(scratch.keys.subarray(0, length));
}

interface Pairs {
  readonly rows: Int32Array;
  readonly keys: Int32Array;
}

/** Signed order of keys is unsigned order when this bit is turned. */
const signBit = -(2 ** 31);

/** How often each value of each digit comes, in one look at the keys. */
function countDigits(
  keys: Int32Array,
  low: number,
  width: number,
  digits: number,
  counts: Int32Array,
): void {
  const mask = (1 << width) - 1;
  counts.fill(0, 0, digits << width);
  for (let i = 0; i < keys.length; i++) {
    let rest = ((keys[i] as number) ^ signBit) >>> low;
    for (let at = 0; at < digits << width; at += 1 << width) {
      const place = at + (rest & mask);
      counts[place] = (counts[place] as number) + 1;
      rest >>>= width;
    }
  }
}

/**
 * Makes the counts of a digit the places where its values begin; false, unless it is to be done
 * `always`, where all have one value.
 */
function placeDigits(counts: Int32Array, length: number, always = false): boolean {
  let place = 0;
  for (let value = 0; value < counts.length; value++) {
    const count = counts[value] as number;
    if (count === length && !always) return false;
    counts[value] = place;
    place += count;
  }
  return true;
}

function scatter(from: Pairs, to: Pairs, length: number, shift: number, places: Int32Array): void {
  const { rows, keys } = from;
  const { rows: toRows, keys: toKeys } = to;
  const mask = places.length - 1;
  for (let i = 0; i < length; i++) {
    const key = keys[i] as number;
    const value = ((key ^ signBit) >>> shift) & mask;
    const place = places[value] as number;
    places[value] = place + 1;
    toRows[place] = rows[i] as number;
    toKeys[place] = key;
  }
}

function countTies(keys: Int32Array, start: number, end: number): number {
  let count = 0;
  for (let i = start + 1; i < end; i++) {
    if (keys[i] !== keys[i - 1]) continue;
    count++;
    while (i < end && keys[i] === keys[i - 1]) i++;
  }
  return count;
}

function writeTies(
  keys: Int32Array,
  start: number,
  end: number,
  ties: Int32Array,
  at: number,
): number {
  for (let i = start + 1; i < end; i++) {
    if (keys[i] !== keys[i - 1]) continue;
    ties[at++] = i - 1;
    while (i < end && keys[i] === keys[i - 1]) i++;
    ties[at++] = i;
  }
  return at;
}
