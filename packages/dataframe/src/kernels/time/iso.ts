import { civilOfDay, dayOfCivil, daysInMonth } from "./civil.ts";

/** A moment that was read from a text: whole seconds since 1970, and nanoseconds after them. */
export interface Moment {
  readonly second: number;
  readonly nanosecond: number;
}

const day = "(\\d{4}|[+-]\\d{6})-(\\d\\d)-(\\d\\d)";
const clock = "(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?";
const form = new RegExp(`^${day}(?:[T ]${clock}(Z|[+-]\\d\\d:\\d\\d)?)?$`);

/** Seconds from 1970 to the last moment that a Date of JavaScript has. */
export const SECOND_MAX = 8.64e12;

/** The moment that an ISO text means, in UTC where it says nothing else; undefined for others. */
export function parseMoment(text: string): Moment | undefined {
  const found = form.exec(text);
  if (found === null || found[1] === "-000000") return undefined;
  const numbers = found.slice(1, 7).map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const local = dayOfCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
  if (Math.abs(local) > SECOND_MAX) return undefined;
  const offset = secondsOfOffset(found[8] ?? "Z");
  if (offset === undefined) return undefined;
  return { second: local - offset, nanosecond: Number((found[7] ?? "").padEnd(9, "0")) };
}

function secondsOfOffset(text: string): number | undefined {
  if (text === "Z") return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4))];
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * 3_600 + minutes * 60);
}

/** The day that an ISO text means, undefined where it is none. */
export function parseDay(text: string): number | undefined {
  const moment = /[T ]/.test(text) ? undefined : parseMoment(text);
  return moment === undefined ? undefined : moment.second / 86_400;
}

/** A day as YYYY-MM-DD, with a sign and six digits where its year has no four; undefined beyond. */
export function dayText(day: number): string | undefined {
  if (Math.abs(day) * 86_400 > SECOND_MAX) return undefined;
  const civil = civilOfDay(day);
  const month = String((civil >> 5) & 15).padStart(2, "0");
  return `${yearText(civil >> 9)}-${month}-${String(civil & 31).padStart(2, "0")}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9_999) return String(year).padStart(4, "0");
  return `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
}

/** A moment as YYYY-MM-DDTHH:MM:SS.fffZ with `digits` behind the point; undefined beyond dates. */
export function momentText(second: number, rest: number, digits: number): string | undefined {
  if (Math.abs(second) > SECOND_MAX) return undefined;
  const day = Math.floor(second / 86_400);
  const date = dayText(day);
  if (date === undefined) return undefined;
  const clock = second - day * 86_400;
  const parts = [Math.floor(clock / 3_600), Math.floor(clock / 60) % 60, clock % 60];
  const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
  const fraction = digits === 0 ? "" : `.${String(rest).padStart(digits, "0")}`;
  return `${date}T${time}${fraction}Z`;
}
