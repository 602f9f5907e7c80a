import type { Annotations } from "@millrace/graph";
import { annotate, currentAnnotations } from "@millrace/graph";
import { corruptGraph } from "../value/corrupt.ts";
import { listOf, textsOf } from "./description.ts";

const fieldCount = 7;

/** Annotations as a list of plain values, each in its place. */
export function annotationFields(annotations: Annotations): readonly unknown[] {
  const { priority, retries, timeoutMs, workers, allowOtherWorkers, resources } = annotations;
  const names = resources && Object.keys(resources);
  const amounts = resources && Object.values(resources);
  return [priority, retries, timeoutMs, allowOtherWorkers, workers && [...workers], names, amounts];
}

/** The annotations of some fields, checked as those of any caller; not within those of others. */
export function annotationsOf(fields: unknown): Annotations {
  const list = listOf(fields);
  if (list.length !== fieldCount) throw corruptGraph("annotations of other fields");
  const [priority, retries, timeoutMs, allowOtherWorkers, workers, names, amounts] = list;
  const given = [
    ["priority", priority],
    ["retries", retries],
    ["timeoutMs", timeoutMs],
    ["allowOtherWorkers", allowOtherWorkers],
    ["workers", workers],
    ["resources", names === undefined ? undefined : resourcesOf(textsOf(names), listOf(amounts))],
  ].filter(([, value]) => value !== undefined);
  return annotate(Object.fromEntries(given) as Annotations, currentAnnotations) as Annotations;
}

function resourcesOf(
  names: readonly string[],
  amounts: readonly unknown[],
): Readonly<Record<string, unknown>> {
  if (names.length !== amounts.length || new Set(names).size < names.length) {
    throw corruptGraph("resources without amounts");
  }
  return Object.fromEntries(names.map((name, i) => [name, amounts[i]]));
}
