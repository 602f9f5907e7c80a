import { decimalText } from "../kernels/parse.ts";
import { roundHalfAway } from "../kernels/round.ts";
import {
  compareBytes,
  containsBytes,
  countPoints,
  decodeText,
  endsWithBytes,
  equalBytes,
  isOneOf,
  startsWithBytes,
} from "../kernels/text/bytes.ts";
import {
  Span,
  lowerText,
  replacePattern,
  replacePlain,
  sliceText,
  trimText,
  upperText,
} from "../kernels/text/span.ts";
import {
  civilOfDay,
  floorSecond,
  monthStart,
  quarterStart,
  weekStart,
  weekdayOfDay,
  yearStart,
} from "../kernels/time/civil.ts";
import { dayText, momentText } from "../kernels/time/iso.ts";
import { badCast, outOfCalendar, overflow } from "./faults.ts";

/** Names of what generated code calls. */
export type KernelName =
  | "badCast"
  | "civilOfDay"
  | "compareBytes"
  | "containsBytes"
  | "countPoints"
  | "dayText"
  | "decimalText"
  | "decodeText"
  | "endsWithBytes"
  | "equalBytes"
  | "floorSecond"
  | "isOneOf"
  | "lowerText"
  | "momentText"
  | "monthStart"
  | "noText"
  | "outOfCalendar"
  | "overflow"
  | "quarterStart"
  | "replacePattern"
  | "replacePlain"
  | "roundHalfAway"
  | "sliceText"
  | "span"
  | "startsWithBytes"
  | "trimText"
  | "upperText"
  | "weekStart"
  | "weekdayOfDay"
  | "yearStart";

/** What generated code calls, by name. */
export const kernels: Readonly<Record<KernelName, unknown>> = {
  badCast,
  civilOfDay,
  compareBytes,
  containsBytes,
  countPoints,
  dayText,
  decimalText,
  decodeText,
  endsWithBytes,
  equalBytes,
  floorSecond,
  isOneOf,
  lowerText,
  momentText,
  monthStart,
  noText: new Uint8Array(0),
  outOfCalendar,
  overflow,
  quarterStart,
  replacePattern,
  replacePlain,
  roundHalfAway,
  sliceText,
  span: new Span(),
  startsWithBytes,
  trimText,
  upperText,
  weekStart,
  weekdayOfDay,
  yearStart,
};
