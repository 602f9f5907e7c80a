import { dayOfCivil } from "./civil.ts";

/**
 * Seconds of a window, six days. No clocks were changed and changed back in so short a time; the
 * shortest that tables of zones know is eight days, in Tunis in 1943.
 */
const WINDOW = 2 ** 19;
/** Windows that a zone keeps, 1,300 years of them; all are forgotten when there are more. */
const WINDOWS_MAX = 81_920;
/** Windows that have a place in a table, so that moments in any order are quick: 1834 to 2242. */
const TABLE_START = -8_192;
const TABLE_LENGTH = 24_576;
/** Stands in the table for a window that is not known, or in which clocks change. */
const UNKNOWN = 2 ** 30;
const DAY = 86_400;
/** Dates of JavaScript end here. */
const SECOND_MAX = 8.64e12;

/** Offsets in a window: `offsets[i]` holds from `starts[i]` up to the next start. */
interface Window {
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
}

/** Offsets of a time zone from UTC. Intl is asked for each six days once, not for each row. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #windows = new Map<number, Window>();
  readonly #table = new Int32Array(TABLE_LENGTH).fill(UNKNOWN);

  constructor(timezone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** Seconds that local clocks are ahead of UTC at a moment, in whole seconds since 1970. */
  offsetAt(second: number): number {
    const index = Math.floor(second / WINDOW);
    const known = this.#table[index - TABLE_START];
    return known === undefined || known === UNKNOWN ? this.#find(second, index) : known;
  }

  /**
   * The moment at which local clocks show a time, given as if it were UTC: the first one where they
   * show it twice; where they leave it out, as if they had not been changed yet.
   */
  momentOf(local: number): number {
    const first = local - this.offsetAt(local - DAY);
    if (first + this.offsetAt(first) === local) return first;
    const second = local - this.offsetAt(local + DAY);
    return second + this.offsetAt(second) === local ? second : first;
  }

  #find(second: number, index: number): number {
    const { starts, offsets } = this.#window(index);
    const place = index - TABLE_START;
    const isKept = starts.length === 1 && place >= 0 && place < TABLE_LENGTH;
    if (isKept) this.#table[place] = offsets[0] as number;
    let i = starts.length - 1;
    while (i > 0 && (starts[i] as number) > second) i--;
    return offsets[i] as number;
  }

  #window(index: number): Window {
    const known = this.#windows.get(index);
    if (known !== undefined) return known;
    if (this.#windows.size >= WINDOWS_MAX) this.#windows.clear();
    const window = this.#look(index * WINDOW, (index + 1) * WINDOW);
    this.#windows.set(index, window);
    return window;
  }

  #look(start: number, end: number): Window {
    const starts = [start];
    const offsets = [this.#ask(start)];
    if (offsets[0] === this.#ask(end)) return { starts, offsets };
    for (let from = start; from < end; from += DAY) {
      const to = Math.min(from + DAY, end);
      const [before, after] = [this.#ask(from), this.#ask(to)];
      if (before === after) continue;
      let [low, high] = [from, to];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (this.#ask(middle) === before) low = middle;
        else high = middle;
      }
      starts.push(high);
      offsets.push(after);
    }
    return { starts, offsets };
  }

  /** What Intl says: what local clocks show, read as if it were UTC, less the moment. */
  #ask(second: number): number {
    const moment = Math.max(-SECOND_MAX, Math.min(SECOND_MAX, second));
    const shown: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
    for (const { type, value } of this.#format.formatToParts(moment * 1_000)) shown[type] = value;
    const year = shown.era === "BC" ? 1 - Number(shown.year) : Number(shown.year);
    const day = dayOfCivil(year, Number(shown.month), Number(shown.day));
    const clock = Number(shown.hour) * 3_600 + Number(shown.minute) * 60 + Number(shown.second);
    return day * DAY + clock - moment;
  }
}

const zones = new Map<string, Zone>();

/** The zone of a name, with what it knows already; there are some 600 names. */
export function zoneOf(timezone: string): Zone {
  let zone = zones.get(timezone);
  if (zone === undefined) {
    zone = new Zone(timezone);
    zones.set(timezone, zone);
  }
  return zone;
}
