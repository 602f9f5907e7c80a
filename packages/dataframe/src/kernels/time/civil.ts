/** Whole cycles of 400 years that make every day of a calendar a positive one, and their days. */
const CYCLES = 1_000;
const CYCLE_DAYS = 146_097;
const SHIFT = 719_468 + CYCLES * CYCLE_DAYS;

/**
 * Year, month and day of a day since 1970 in one number: 512 a year, 32 a month and the day, for
 * all days that calendars have. Proleptic Gregorian, in 32 bits, no objects. After Howard Hinnant,
 * "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is the
 * last of its year.
 */
export function civilOfDay(day: number): number {
  const shifted = (day + SHIFT) | 0;
  const cycle = (shifted / CYCLE_DAYS) | 0;
  const dayOfCycle = (shifted - Math.imul(cycle, CYCLE_DAYS)) | 0;
  const leaps = ((dayOfCycle / 1_460) | 0) - ((dayOfCycle / 36_524) | 0);
  const yearOfCycle = ((dayOfCycle - leaps - ((dayOfCycle / 146_096) | 0)) / 365) | 0;
  const before = Math.imul(365, yearOfCycle) + (yearOfCycle >> 2) - ((yearOfCycle / 100) | 0);
  const dayOfYear = (dayOfCycle - before) | 0;
  const fromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const dayOfMonth = dayOfYear - (((153 * fromMarch + 2) / 5) | 0) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = (Math.imul(cycle - CYCLES, 400) + yearOfCycle + (month <= 2 ? 1 : 0)) | 0;
  return (year << 9) + (month << 5) + dayOfMonth;
}

/** The day since 1970 of a year, month (1 to 12) and day (from 1). */
export function dayOfCivil(year: number, month: number, day: number): number {
  const fromMarch = month <= 2 ? year - 1 : year;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leaps + dayOfYear - 719_468;
}

/** Monday = 1 … Sunday = 7; the first day of 1970 was a Thursday. */
export function weekdayOfDay(day: number): number {
  return day + 3 - Math.floor((day + 3) / 7) * 7 + 1;
}

/** The first day of the week (Monday) of a day. */
export function weekStart(day: number): number {
  return day - weekdayOfDay(day) + 1;
}

/** The first day of the month of a day. */
export function monthStart(day: number): number {
  return day - (civilOfDay(day) & 31) + 1;
}

/** The first day of the quarter of a day. */
export function quarterStart(day: number): number {
  const civil = civilOfDay(day);
  const month = (civil >> 5) & 15;
  return dayOfCivil(civil >> 9, month - ((month - 1) % 3), 1);
}

/** The first day of the year of a day. */
export function yearStart(day: number): number {
  return dayOfCivil(civilOfDay(day) >> 9, 1, 1);
}

/** Days in a month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Whole seconds of a count of steps, rounded down. */
export function floorSecond(count: bigint, steps: bigint): number {
  const rest = count % steps;
  return Number((count - rest) / steps) - (rest < 0n ? 1 : 0);
}
