import { mutableCaptures } from "@millrace/closure";
import { currentAnnotations, tokenizeLoosely } from "@millrace/graph";

/** Name of a layer: the verb, and a token of all that decides what the layer does. */
export function layerName(verb: string, ...content: unknown[]): { name: string; token: string } {
  const token = tokenOf(verb, content, currentAnnotations());
  return { name: `${verb}-${token}`, token };
}

function tokenOf(...content: unknown[]): string {
  try {
    return tokenizeLoosely(...content);
  } catch (error) {
    // Data that has no content to look at is fine in a bag; its layer is then like no other.
    if ((error as { code?: unknown }).code !== "graph/not-tokenizable") throw error;
    return crypto.randomUUID();
  }
}

/**
 * What a value that a user gave adds to the name of a layer. Layers of one name are one layer, but
 * they run what is there when they run: so only what cannot change counts by content. Objects
 * count by identity, functions by content and by the objects that they capture.
 */
export function namePart(value: unknown): unknown {
  if (typeof value === "function") return [value, mutablesOf(value as () => unknown)];
  return typeof value === "object" && value !== null && !snapshots.has(value)
    ? identityOf(value)
    : value;
}

function mutablesOf(fn: () => unknown): readonly string[] {
  try {
    return mutableCaptures(fn).map(identityOf);
  } catch {
    // A function that cannot be captured counts by identity anyway.
    return [];
  }
}

const snapshots = new WeakSet<object>();

/** Marks data that nobody else has: it cannot change, so it counts by content. */
export function asSnapshot<T extends object>(data: T): T {
  snapshots.add(data);
  return data;
}

const identities = new WeakMap<object, string>();
const processToken = crypto.randomUUID();
let identityCount = 0;

/** A text for an object that no other object has, in no process. */
export function identityOf(value: object): string {
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = `${processToken}:${identityCount++}`;
    identities.set(value, identity);
  }
  return identity;
}
