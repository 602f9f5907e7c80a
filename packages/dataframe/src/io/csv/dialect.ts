/** Bytes with a meaning in a file, -1 where there is none. Plain data. */
export interface Dialect {
  readonly delimiter: number;
  readonly quote: number;
  /** Takes its meaning from the byte after it, inside of quotes; the quote itself when doubled. */
  readonly escape: number;
  readonly comment: number;
  /** Whether blanks around a field are no part of it. */
  readonly trim: boolean;
}

export const LF = 10;
export const CR = 13;

/** Whether `trim` takes a byte away. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9;
}
