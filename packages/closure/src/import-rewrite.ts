import { applyEdits, unusedName } from "./class-source.ts";
import type { Facts } from "./facts.ts";
import type { Slot } from "./nodes.ts";
import { fileOf } from "./script.ts";
import type { Examined, Found, Walk } from "./walk.ts";

/**
 * A script may not say import.meta, and its import() would look from the wrong place. The names
 * that stand for them have the same length, so that columns stay right.
 */
export function rewriteImports(text: string, facts: Facts, names: ImportNames): string {
  return applyEdits(text, [
    ...facts.importMeta.ranges.map(({ start, end }) => ({ start, end, text: names.meta })),
    ...facts.dynamicImports.map(({ start, end }) => ({ start, end, text: names.import })),
  ]);
}

/** What stands for import.meta and for the import of import(). */
export type ImportNames = { readonly meta: string; readonly import: string };

/** Names that the text does not contain. */
export function importNames(text: string): ImportNames {
  const isUsed = (name: string): boolean => text.includes(name);
  return { meta: unusedName("__mr_$meta_", isUsed), import: unusedName("__mr_i", isUsed) };
}

/** The slots for the names that a rewritten text reads. */
export function importSlots(
  walk: Walk,
  found: Found,
  examined: Examined,
  facts: Facts,
  generated: ImportNames,
): { names: string[]; values: Slot[] } {
  const names: string[] = [];
  const values: Slot[] = [];
  if (facts.importMeta.ranges.length > 0) {
    names.push(generated.meta);
    values.push(importMetaSlot(walk, found, examined, facts));
  }
  if (facts.dynamicImports.length > 0) {
    const from = (examined.script && fileOf(examined.script)) ?? process.cwd();
    const base = facts.dynamicImports.some(({ relative }) => relative) ? from : undefined;
    const edge = { kind: "hidden", name: "import()" } as const;
    names.push(generated.import);
    values.push(
      walk.referenceSlot({ kind: "dynamic-import", base }, undefined, found, edge, { from }),
    );
  }
  return { names, values };
}

function importMetaSlot(
  walk: Walk,
  found: Found,
  { script }: Examined,
  { importMeta }: Facts,
): Slot {
  const { usage } = importMeta;
  const known = new Set(["url", "dirname", "filename"]);
  const wanted = usage === "all" || usage === undefined ? ["import.meta"] : [...usage.keys()];
  const file = script && fileOf(script);
  const strange = wanted.find((key) => !known.has(key));
  if (script === undefined || file === undefined || strange !== undefined) {
    walk.fail(
      "closure/import-meta",
      found,
      "it uses more of import.meta than url, dirname and filename, and only these mean the same elsewhere; " +
        "put what it needs into a const",
    );
  }
  const dirname = file.replace(/[\\/][^\\/]*$/, "");
  const all: Record<string, string> = { url: script.url, dirname, filename: file };
  const meta = walk.onceFor(`meta ${script.scriptId} ${wanted.join()}`, () =>
    Object.fromEntries(wanted.map((key) => [key, all[key]])),
  );
  return walk.slot(meta, found, { kind: "capture", name: "import.meta" });
}
