import type { Refusal } from "./check-options.ts";
import { invalidArgument } from "./errors.ts";
import { isThenable } from "./program.ts";

/** Advice for executors about the tasks of a layer. */
export interface Annotations {
  /** Higher runs earlier; default 0. */
  readonly priority?: number | undefined;
  /** How often a failed task is tried again; default 0. */
  readonly retries?: number | undefined;
  /** How many milliseconds one attempt at a task may run, 1 to 2,147,483,647; default no limit. */
  readonly timeoutMs?: number | undefined;
  /** Amounts of named resources that a task occupies while it runs, for example `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Names or addresses of the workers that may run the task. */
  readonly workers?: readonly string[] | undefined;
  /** Whether another worker may run it when none of `workers` can; default false. */
  readonly allowOtherWorkers?: boolean | undefined;
}

const names = [
  "priority",
  "retries",
  "timeoutMs",
  "resources",
  "workers",
  "allowOtherWorkers",
] as const;

/** The longest time that timers of JavaScript know: one that is longer would fire at once. */
const timeoutMsMax = 2 ** 31 - 1;

let current: Annotations | undefined;

/**
 * Runs `build` and attaches the annotations to every layer that it builds; what it returns is
 * returned. Calls nest: an inner one wins name by name, resources are merged. Nothing is
 * computed. It is synchronous: layers built after an `await` are not reached, so a promise is
 * refused.
 *
 * A task that has run for `timeoutMs` is stopped, and has failed: `retries` apply. It counts from
 * its begin in its thread, with all that it waits for. Tasks are fused only where the limit of both
 * is the same, and then it is that of the fused task.
 *
 * The inline executor honours `priority` and `retries`, and `timeoutMs` of tasks that wait for
 * something asynchronous; nothing can stop one that keeps its own thread busy. It is one process,
 * so `resources` and `workers` say nothing to it.
 *
 * @throws GraphError `graph/invalid-argument` for an unknown name, a bad value or an async `build`
 * @example
 * ```ts
 * import { Delayed, annotate } from "@millrace/graph";
 *
 * const slow = annotate({ priority: 10, retries: 2 }, () => Delayed.call(() => 42, []));
 * await slow.compute(); // => 42
 * ```
 */
export function annotate<T>(annotations: Annotations, build: () => T): T {
  const outer = current;
  current = withinAnnotate("annotate", annotations);
  try {
    const built = build();
    if (isThenable(built)) {
      // Whatever becomes of it, the caller is told below what was wrong.
      built.then(undefined, () => undefined);
      throw invalidArgument(
        "annotate",
        "the function must build synchronously",
        built,
        "a collection",
        "Await first, annotate then.",
      );
    }
    return built;
  } finally {
    current = outer;
  }
}

/**
 * The annotations of the `annotate` calls that are running, merged, if any: what builds tasks of
 * its own attaches them.
 *
 * @example
 * ```ts
 * import { annotate, currentAnnotations } from "@millrace/graph";
 *
 * currentAnnotations(); // => undefined
 * annotate({ retries: 2 }, () => currentAnnotations()); // => { retries: 2 }
 * ```
 */
export function currentAnnotations(): Annotations | undefined {
  return current;
}

/** Annotations that were checked, which nobody can change any more. */
const checked = new WeakSet<Annotations>();

/**
 * Annotations checked, and inside of the `annotate` calls that are running; the very same where
 * they come from here and there is no such call, so that layers which share them still do when they
 * are made anew.
 */
export function withinAnnotate(api: string, annotations: Annotations): Annotations {
  if (current === undefined && checked.has(annotations)) return annotations;
  checkAnnotations(api, annotations);
  const nested = nest(current, withoutUndefined(annotations));
  checked.add(nested);
  return nested;
}

/** What is advised inside of something advised: `inner` wins name by name, resources are merged. */
export function nest(outer: Annotations | undefined, inner: Annotations): Annotations {
  const resources = { ...outer?.resources, ...inner.resources };
  return Object.freeze({
    ...outer,
    ...inner,
    ...(Object.keys(resources).length > 0 ? { resources: Object.freeze(resources) } : {}),
    ...(inner.workers === undefined ? {} : { workers: Object.freeze([...inner.workers]) }),
  });
}

/** The same object without the properties that are undefined. */
export function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/**
 * Runs `build` as if no {@link annotate} were around it: for collections that build their layers
 * when somebody asks for them, and not when the collection is made.
 *
 * @example
 * ```ts
 * import { annotate, currentAnnotations, withoutAnnotations } from "@millrace/graph";
 *
 * annotate({ priority: 1 }, () => withoutAnnotations(currentAnnotations)); // => undefined
 * ```
 */
export function withoutAnnotations<T>(build: () => T): T {
  const outer = current;
  current = undefined;
  try {
    return build();
  } finally {
    current = outer;
  }
}

/**
 * Refuses names that do not exist and values that mean nothing.
 *
 * @param refusal - makes the error; default a GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { checkAnnotations } from "@millrace/graph";
 *
 * checkAnnotations("repeat", { retries: 2 });
 * checkAnnotations("repeat", { retries: -1 }); // throws graph/invalid-argument
 * ```
 */
export function checkAnnotations(
  api: string,
  annotations: Annotations,
  refusal: Refusal = invalidArgument,
): void {
  if (typeof annotations !== "object" || annotations === null) {
    throw refusal(api, "bad annotations", annotations, "an object");
  }
  for (const [name, value] of Object.entries(annotations) as [string, unknown][]) {
    if (value === undefined) continue;
    const wanted = problemWith(name, value);
    if (wanted !== undefined) throw refusal(api, `bad annotation '${name}'`, value, wanted);
  }
}

function problemWith(name: string, value: unknown): string | undefined {
  switch (name) {
    case "priority":
      return Number.isFinite(value) ? undefined : "a finite number";
    case "retries":
      return Number.isInteger(value) && (value as number) >= 0
        ? undefined
        : "a whole number, 0 or more";
    case "timeoutMs":
      return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= timeoutMsMax
        ? undefined
        : `a whole number of milliseconds, 1 to ${timeoutMsMax}`;
    case "resources":
      return isAmounts(value) ? undefined : "an object of amounts, each a number of 0 or more";
    case "workers":
      return areNames(value) ? undefined : "an array of one or more worker names";
    case "allowOtherWorkers":
      return typeof value === "boolean" ? undefined : "true or false";
    default:
      return `one of the names ${names.join(", ")}`;
  }
}

/** Among no workers a task would wait for ever. */
function areNames(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((worker) => typeof worker === "string")
  );
}

function isAmounts(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((amount) => Number.isFinite(amount) && (amount as number) >= 0)
  );
}

/** What the tasks of a run get that say nothing themselves. */
export interface RunDefaults {
  /** Higher runs earlier. */
  readonly priority: number;
  /** How often a failed task is tried again. */
  readonly retries: number;
  /** How many milliseconds one attempt may run; undefined for as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/**
 * What holds for one task that two places advise: what either says, of two numbers the higher one.
 * Undefined where they send it to different places.
 */
export function mergeAnnotations(
  a: Annotations | undefined,
  b: Annotations | undefined,
): { merged: Annotations | undefined } | undefined {
  return joined(a, b, (one, other) => Math.max(one ?? -Infinity, other ?? -Infinity));
}

/**
 * What holds for a task that does the work of two: the higher priority and the larger number of
 * retries, where what says nothing counts as the default of the run. Undefined where they must stay
 * two: they may run in different places or for different times, or only one says something and no
 * run is known.
 */
export function fuseAnnotations(
  a: Annotations | undefined,
  b: Annotations | undefined,
  defaults: RunDefaults | undefined,
): { merged: Annotations | undefined } | undefined {
  return joined(a, b, (one, other, name) => {
    const given = defaults?.[name];
    const first = one ?? given;
    const second = other ?? given;
    if (first === undefined || second === undefined) return undefined;
    // The limit of one would stop the other, or let the one run on.
    return name === "timeoutMs" && first !== second ? undefined : Math.max(first, second);
  });
}

/** `higher` gets numbers of which at least one is there; undefined keeps the two apart. */
function joined(
  a: Annotations | undefined,
  b: Annotations | undefined,
  higher: (
    one: number | undefined,
    other: number | undefined,
    name: keyof RunDefaults,
  ) => number | undefined,
): { merged: Annotations | undefined } | undefined {
  if (a === b || sameAnnotations(a, b)) return { merged: a };
  if (!samePlace(a, b)) return undefined;
  let merged: Annotations = { ...a };
  for (const name of ["priority", "retries", "timeoutMs"] as const) {
    if (a?.[name] === undefined && b?.[name] === undefined) continue;
    const number = higher(a?.[name], b?.[name], name);
    if (number === undefined) return undefined;
    merged = { ...merged, [name]: number };
  }
  return { merged: Object.freeze(merged) };
}

/** Whether two annotations say the same. */
export function sameAnnotations(a: Annotations | undefined, b: Annotations | undefined): boolean {
  return (
    a?.priority === b?.priority &&
    a?.retries === b?.retries &&
    a?.timeoutMs === b?.timeoutMs &&
    samePlace(a, b)
  );
}

function samePlace(a: Annotations | undefined, b: Annotations | undefined): boolean {
  return a === b || placeOf(a) === placeOf(b);
}

/** Where tasks may run, as a text that is the same for the same places. */
function placeOf(annotations: Annotations | undefined): string {
  if (annotations === undefined) return anywhere;
  const { resources = {}, workers, allowOtherWorkers = false } = annotations;
  const amounts = Object.entries(resources).filter(([, amount]) => amount > 0);
  return JSON.stringify([
    amounts.sort(([a], [b]) => (a < b ? -1 : 1)),
    workers && [...new Set(workers)].sort(),
    allowOtherWorkers,
  ]);
}

const anywhere = placeOf({});

/** The same text for all annotations whose tasks may be fused; see {@link fuseAnnotations}. */
export function fusibility(
  annotations: Annotations | undefined,
  defaults: RunDefaults | undefined,
): string {
  const { priority, retries, timeoutMs = defaults?.timeoutMs } = annotations ?? {};
  const place = `${placeOf(annotations)} ${timeoutMs}`;
  if (defaults !== undefined) return place;
  return `${place} ${priority !== undefined} ${retries !== undefined}`;
}
