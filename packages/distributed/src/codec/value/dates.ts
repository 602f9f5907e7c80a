import { types } from "node:util";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { areDistinct } from "./distinct.ts";
import type { Encoder } from "./encoder.ts";
import { Items } from "./format.ts";
import { isNumberKind, readNumbers, writeNumbers } from "./numbers.ts";

/** Writes Dates by their times; false, with nothing written, where an item is anything more. */
export function writeDates(encoder: Encoder, items: readonly unknown[]): boolean {
  const times = new Array<number>(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (!isBareDate(item)) return false;
    times[i] = Date.prototype.getTime.call(item);
  }
  const dates = items as readonly Date[];
  if (!encoder.identity.addAll("date", dates, areDistinct(dates, [times]))) return false;
  encoder.out.byte(Items.dates);
  encoder.out.natural(items.length);
  writeNumbers(encoder, Items.double, times);
  return true;
}

function isBareDate(value: unknown): value is Date {
  return (
    types.isDate(value) &&
    Object.getPrototypeOf(value) === Date.prototype &&
    Object.isExtensible(value) &&
    Reflect.ownKeys(value).length === 0
  );
}

/** Reads what follows {@link Items.dates}. */
export function readDates(decoder: Decoder, count: number): Date[] {
  const kind = decoder.input.byte();
  if (!isNumberKind(kind) || decoder.input.natural() !== count)
    throw corrupt("dates have no times");
  const times = readNumbers(decoder, kind, count);
  return Array.from({ length: count }, (_, i) => decoder.number(new Date(times[i] as number)));
}
