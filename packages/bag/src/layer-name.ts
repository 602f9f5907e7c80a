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
  if (typeof value === "function") {
    return [value, mutablesOf(value as () => unknown)?.map(identityOf)];
  }
  return typeof value === "object" && value !== null && !isSnapshot(value)
    ? identityOf(value)
    : value;
}

const uncapturable = new WeakSet<object>();

/**
 * What a function captures that may change; undefined where it cannot be captured, and counts by
 * identity.
 */
export function mutablesOf(fn: () => unknown): readonly object[] | undefined {
  if (uncapturable.has(fn)) return undefined;
  try {
    return mutableCaptures(fn);
  } catch {
    // Who must ship the function will tell the reason.
    uncapturable.add(fn);
    return undefined;
  }
}

const snapshots = new WeakSet<object>();

/** Marks data that nobody else has: it cannot change, so it counts by content. */
export function asSnapshot<T extends object>(data: T): T {
  snapshots.add(data);
  return data;
}

/** Whether an object is data that nobody else has. */
export function isSnapshot(data: object): boolean {
  return snapshots.has(data);
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
