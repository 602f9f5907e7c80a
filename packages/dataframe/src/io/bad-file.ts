import { DataFrameError, dataFault } from "../errors.ts";

/** Whether files of a place can be read without waiting. */
export function hasSyncReads(url: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:/i.test(url) || /^file:/i.test(url);
}

/** What `read` gives; what it says of bad bytes gets the name of the file. */
export function annotateBadFile<T>(url: string, read: () => T, part?: string): T {
  try {
    return read();
  } catch (error) {
    throw badFile(url, error, part);
  }
}

/** An error about bytes as one about a file; any other one as it is. */
export function badFile(url: string, error: unknown, part?: string): unknown {
  const isOfBytes = error instanceof DataFrameError && error.code === "dataframe/bad-file";
  // Reading past the end of bytes is a RangeError of typed arrays and views.
  if (!isOfBytes && !(error instanceof RangeError)) return error;
  if (isOfBytes && error.message.startsWith(url)) return error;
  const place = part === undefined ? url : `${url}, ${part}`;
  const what = error instanceof Error ? error.message : String(error);
  const message = `${place}: the file is damaged: ${what}. Get a whole copy of it.`;
  return dataFault("dataframe/bad-file", message, { cause: error });
}
