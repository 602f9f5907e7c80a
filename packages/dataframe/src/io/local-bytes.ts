import { readRangeSync } from "@millrace/storage";
import { storageFault } from "./storage-fault.ts";

/** Bytes of a file on this machine. */
export function localBytes(url: string, offset: number, length: number): Uint8Array {
  try {
    return readRangeSync(url, offset, length);
  } catch (error) {
    throw storageFault(error);
  }
}
