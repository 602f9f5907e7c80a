import { checkCallback } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import { asSnapshot } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, partitionNumber } from "../partitions.ts";
import type { PluckKey } from "../stage/ops.ts";

/** Every element through a function. */
export function map(bag: Partitions, f: unknown, broadcast: readonly unknown[]): Partitions {
  const fn = checkCallback("map", f);
  return addStage(bag, "map", { kind: "map", fn, extra: broadcast.length }, broadcast);
}

/** The elements for which a test says yes (`keep`) or no. */
export function filter(
  bag: Partitions,
  p: unknown,
  broadcast: readonly unknown[],
  keep: boolean,
): Partitions {
  const verb = keep ? "filter" : "remove";
  const fn = checkCallback(verb, p);
  return addStage(bag, verb, { kind: "filter", fn, extra: broadcast.length, keep }, broadcast);
}

/** All that a function gives for each element. */
export function flatMap(bag: Partitions, f: unknown, broadcast: readonly unknown[]): Partitions {
  const fn = checkCallback("flatMap", f);
  return addStage(bag, "flat-map", { kind: "flatMap", fn, extra: broadcast.length }, broadcast);
}

/** The elements of the elements. */
export function flatten(bag: Partitions): Partitions {
  return addStage(bag, "flatten", { kind: "flatten" });
}

/** Every element, a tuple, spread into the arguments of a function. */
export function starmap(bag: Partitions, f: unknown): Partitions {
  return addStage(bag, "starmap", { kind: "starmap", fn: checkCallback("starmap", f) });
}

/** A property of every element, or an array of several. */
export function pluck(bag: Partitions, key: PluckKey, fallback: readonly unknown[]): Partitions {
  const keys: readonly unknown[] = Array.isArray(key) ? key : [key];
  for (const name of keys) {
    if (typeof name === "string" || typeof name === "number" || typeof name === "symbol") continue;
    const wanted = "a property name, an index, or an array of them";
    throw invalidArgument("pluck", "bad key", name, wanted);
  }
  const hasFallback = fallback.length > 0;
  const own = Array.isArray(key) ? asSnapshot([...(key as readonly PropertyKey[])]) : key;
  return addStage(bag, "pluck", { kind: "pluck", key: own, fallback: fallback[0], hasFallback });
}

/** Each element with a probability, independently. */
export function randomSample(bag: Partitions, probability: number, seed?: number): Partitions {
  if (!(probability >= 0 && probability <= 1)) {
    throw invalidArgument("randomSample", "bad probability", probability, "a number from 0 to 1");
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw invalidArgument("randomSample", "bad seed", seed, "a whole number");
  }
  const chosen = seed ?? Math.floor(Math.random() * 0x100000000);
  return addStage(bag, "sample", { kind: "sample", probability, seed: chosen }, [partitionNumber]);
}
