import { types } from "node:util";
import { primitiveOf } from "./natives.ts";

/** Objects that are looked into before the way is given up: only a huge value has more. */
const LOOKED_MAX = 10_000_000;

/** Items of an array up to which all its properties are looked at, not just its items. */
const LISTED_MAX = 1_000;

/** Steps of a way that are shown; of a longer one the middle is left out. */
const STEPS_MAX = 40;

interface Visit {
  readonly value: object;
  readonly from: Visit | undefined;
  readonly step: string;
}

/**
 * The shortest way from a value to a part of it, as code would write it, without the value itself:
 * `.rows[3].fn`. Only a refusal looks for it, so that nothing is paid before; no getter is called.
 */
export function pathTo(root: unknown, culprit: unknown): string {
  if (Object.is(root, culprit) || !isObject(root)) return "";
  const visits: Visit[] = [{ value: root, from: undefined, step: "" }];
  const seen = new Set<object>([root]);
  for (let i = 0; i < visits.length && i < LOOKED_MAX; i++) {
    const visit = visits[i] as Visit;
    for (const [step, part] of partsOf(visit.value, culprit)) {
      if (Object.is(part, culprit)) return wayOf(visit) + step();
      if (!isObject(part) || seen.has(part)) continue;
      seen.add(part);
      visits.push({ value: part, from: visit, step: step() });
    }
  }
  return "";
}

/** How a property is written behind the object that has it. */
export function keyPath(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  if (/^(0|[1-9]\d*)$/.test(String(key))) return `[${String(key)}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(String(key))
    ? `.${String(key)}`
    : `[${quote(String(key))}]`;
}

type Part = readonly [step: () => string, part: unknown];

function* partsOf(value: object, culprit: unknown): Generator<Part> {
  if (types.isProxy(value)) return;
  if (types.isMap(value)) yield* partsOfMap(value);
  if (types.isSet(value)) {
    let i = 0;
    for (const member of membersOf(value)) {
      const at = i++;
      yield [() => `.values()[${at}]`, member];
    }
  }
  if (types.isBoxedPrimitive(value)) yield [() => ".valueOf()", primitiveOf(value)];
  if (ArrayBuffer.isView(value)) return;
  if (Array.isArray(value) && value.length > LISTED_MAX) {
    yield* partsOfLong(value);
    return;
  }
  for (const key of Reflect.ownKeys(value)) {
    if (key === culprit) yield [() => keyPath(key), culprit];
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property !== undefined && "value" in property) yield [() => keyPath(key), property.value];
  }
}

/** The items of a long array; of one that is mostly holes only those that are there. */
function* partsOfLong(array: readonly unknown[]): Generator<Part> {
  const isSparse = !Object.hasOwn(array, 0) || !Object.hasOwn(array, array.length >> 1);
  const indices = isSparse ? Object.keys(array) : array.keys();
  for (const index of indices) {
    const part: unknown = array[Number(index)];
    if (isObject(part) || typeof part === "symbol" || typeof part === "function") {
      yield [() => `[${index}]`, part];
    }
  }
}

function* partsOfMap(map: Map<unknown, unknown>): Generator<Part> {
  const entries: [unknown, unknown][] = [];
  Map.prototype.forEach.call(map, (value, key) => entries.push([key, value]));
  for (const [i, [key, value]] of entries.entries()) {
    yield [() => `.keys()[${i}]`, key];
    yield [() => (typeof key === "string" ? `.get(${quote(key)})` : `.values()[${i}]`), value];
  }
}

function membersOf(set: Set<unknown>): unknown[] {
  const members: unknown[] = [];
  Set.prototype.forEach.call(set, (member) => members.push(member));
  return members;
}

function wayOf(visit: Visit): string {
  const steps: string[] = [];
  for (let at: Visit | undefined = visit; at !== undefined; at = at.from) steps.push(at.step);
  steps.reverse();
  if (steps.length <= STEPS_MAX) return steps.join("");
  const half = STEPS_MAX / 2;
  return `${steps.slice(0, half).join("")}…${steps.slice(-half).join("")}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
