import { shown, StorageError } from "./storage-error.ts";

/** Refuse an option that is none: a typing error would otherwise be a default in silence. */
export function checkOptions(api: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new StorageError(
      "storage/bad-option",
      `${api}: no such option, got ${shown(name)}, wanted one of ${names.join(", ")}.`,
    );
  }
}
