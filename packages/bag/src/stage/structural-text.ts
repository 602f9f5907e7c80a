import { tokenizeLoosely } from "@millrace/graph";

/** Deeper data is left to `tokenizeLoosely`, which knows about circles. */
const depthMax = 64;

/**
 * A text for an object that is the same for objects of the same structure: leaves by
 * SameValueZero, whatever the order of the names. Arrays and plain objects are written here,
 * since they are what keys mostly are and a digest of each would cost most of a grouping.
 */
export function structuralText(key: object): string {
  return textOf(key, 0);
}

function textOf(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : objectText(value, depth);
    case "function":
    case "symbol":
      return `#${tokenizeLoosely(value)}`;
  }
}

function objectText(value: object, depth: number): string {
  if (depth < depthMax) {
    if (Array.isArray(value)) {
      const items = Array.from(value, (item, i) => (i in value ? textOf(item, depth + 1) : ""));
      return `[${items.join()}]`;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    if (isPlain && Object.getOwnPropertySymbols(value).length === 0) {
      const names = Object.keys(value).sort();
      const parts = names.map(
        (name) =>
          `${JSON.stringify(name)}:${textOf((value as Record<string, unknown>)[name], depth + 1)}`,
      );
      return `{${parts.join()}}`;
    }
  }
  return `#${tokenizeLoosely(value)}`;
}

/** A number from 0 to 2^32-1 for a key: equal keys get the same one in every process. */
export function hashKey(key: unknown): number {
  switch (typeof key) {
    case "string":
      return hashText(key, 1);
    case "number":
      return hashText(String(key), 2);
    case "bigint":
      return hashText(String(key), 3);
    case "boolean":
    case "undefined":
      return hashText(String(key), 4);
    case "symbol":
      return hashText(String(key), 5);
    case "object":
      return hashText(textOf(key, 0), 6);
    case "function":
      return hashText(tokenizeLoosely(key), 7);
  }
}

/** FNV-1a over UTF-16 units, with a final mix so that the low bits of the answer are good. */
function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
