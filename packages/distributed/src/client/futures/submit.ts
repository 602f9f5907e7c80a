import type { CallArguments, Key, TaskFunction } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  annotate,
  blockKeys,
  checkAnnotations,
  checkKey,
  checkOptions,
  isCollection,
  functionLabel,
  layerKey,
} from "@millrace/graph";
import { optionRefusal } from "../../option-refusal.ts";
import type { RunClient } from "../run-client.ts";
import { checkCall, futureOf, listOf } from "./check-futures.ts";
import { FutureRun } from "./future-run.ts";
import { Future, FutureGroup } from "./future.ts";

/** How a call is run. */
export interface SubmitOptions {
  /** Key of its task; default the name of the function and something that no other has. */
  readonly key?: Key | undefined;
  /** Whether equal calls are one task, as long as a future stands for it; default false. */
  readonly pure?: boolean | undefined;
  /** How often it is tried again when it fails; default 0. */
  readonly retries?: number | undefined;
  /**
   * How many milliseconds one attempt may run, 1 to 2,147,483,647; default no limit. Then it is
   * stopped, and has failed.
   */
  readonly timeoutMs?: number | undefined;
  /** Higher runs earlier; default 0. */
  readonly priority?: number | undefined;
  /** Amounts of named resources that it occupies while it runs. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Names of the workers that may run it, one at least; default all. */
  readonly workers?: readonly string[] | undefined;
  /** Whether others may when none of `workers` can; default false. */
  readonly allowOtherWorkers?: boolean | undefined;
}

const optionNames: readonly (keyof SubmitOptions)[] = [
  "key",
  "pure",
  "retries",
  "timeoutMs",
  "priority",
  "resources",
  "workers",
  "allowOtherWorkers",
];

const mapApi = "Client.map";

/** What a call gives. */
export type Returned<F extends TaskFunction> = Awaited<ReturnType<F>>;

/** Futures by the keys of their tasks, for calls that are to run once. */
type Known = Map<Key, WeakRef<Future<unknown>>>;

/** Calls functions on the workers of a cluster. */
export class Submitting {
  readonly #client: RunClient;
  readonly #known: Known = new Map();

  constructor(client: RunClient) {
    this.#client = client;
  }

  /** See `Client.submit`. @param api - what its user has called */
  submit<F extends TaskFunction>(
    fn: F,
    args: CallArguments<F>,
    options: SubmitOptions,
    api: string = "Client.submit",
  ): Future<Returned<F>> {
    checkCall(api, fn, args);
    checkSubmitOptions(api, options);
    if (options.key !== undefined) checkKey(api, "bad key", options.key, optionRefusal);
    const { key, pure = false } = options;
    const call = annotate(adviceOf(options), () =>
      Delayed.call(fn, args, { ...(key !== undefined && { name: key }), pure }),
    );
    const known = pure ? this.#known.get(call.key)?.deref() : undefined;
    if (known !== undefined && isOfUse(known)) return known.again() as Future<Returned<F>>;
    const future = this.hold<Returned<F>>(call.graph, [call.key])[0] as Future<Returned<F>>;
    if (pure) this.#remember(future);
    return future;
  }

  /** See `Client.map`. */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<unknown>,
    options: SubmitOptions,
  ): readonly Future<Awaited<R>>[] {
    checkCall(mapApi, fn, []);
    checkSubmitOptions(mapApi, options);
    const list = listOf(mapApi, "items", items);
    checkMapKey(options.key, list.length);
    const { key, pure = false } = options;
    if (pure || holdsLazy(list)) {
      return list.map((item, n) =>
        this.submit(
          fn as TaskFunction,
          [item] as never,
          { ...options, ...(key !== undefined && { key: `${key}-${n}` }) },
          mapApi,
        ),
      ) as readonly Future<Awaited<R>>[];
    }
    const name = key ?? `${functionLabel(fn, "call").replaceAll("/", "-")}-${crypto.randomUUID()}`;
    const layer = annotate(
      adviceOf(options),
      () =>
        new BlockwiseLayer(name, {
          count: list.length,
          inputs: [{ kind: "values", values: list }],
          steps: [{ fn, args: [{ kind: "input", input: 0 }] }],
        }),
    );
    const graph = new LayeredGraph().withLayer(layer);
    return this.hold<Awaited<R>>(graph, blockKeys(layer.name, 0, layer.size));
  }

  /** See `Client.retry`. */
  retry(future: Future<unknown>): void {
    futureOf("Client.retry", future).retry();
  }

  /** Runs a graph, and gives a future for each of its keys. */
  hold<T>(graph: LayeredGraph, keys: readonly Key[]): readonly Future<T>[] {
    const run = new FutureRun(this.#client, keys, (listener) =>
      this.#client.hold(graph, keys, {}, listener),
    );
    const group = new FutureGroup(run, 0, keys.length);
    return keys.map((_, output) => new Future<T>(group, output));
  }

  #remember(future: Future<unknown>): void {
    this.#known.set(future.key, new WeakRef(future));
    for (const [key, ref] of this.#known) {
      if (ref.deref() !== undefined) break;
      this.#known.delete(key);
    }
  }
}

/**
 * Whether something lazy stands in one of some values, as deep as may be. Looked into is what calls
 * look into: arrays, Maps, Sets and plain objects.
 */
function holdsLazy(values: readonly unknown[]): boolean {
  const seen = new Set<object>([values]);
  const left: object[] = [values];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (isCollection(each)) return true;
    for (const item of itemsOf(each)) {
      if (typeof item !== "object" || item === null || seen.has(item)) continue;
      seen.add(item);
      left.push(item);
    }
  }
  return false;
}

function itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value as Iterable<unknown>;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : [];
}

/** A new handle of the same call is of no use where that failed, or was given up. */
function isOfUse({ status }: Future<unknown>): boolean {
  return status === "pending" || status === "finished";
}

/** Its tasks are called by it and their numbers, of which the last is the longest. */
function checkMapKey(key: unknown, count: number): void {
  if (key === undefined) return;
  const name = checkKey(mapApi, "bad key", key, optionRefusal);
  if (name.includes("/")) throw optionRefusal(mapApi, "bad key", key, "a text without a slash");
  checkKey(mapApi, "bad key", layerKey(name, count), optionRefusal);
}

function checkSubmitOptions(api: string, options: SubmitOptions): void {
  checkOptions(api, options, optionNames, optionRefusal);
  const { pure } = options;
  if (pure !== undefined && typeof pure !== "boolean") {
    throw optionRefusal(api, "bad pure", pure, "true or false");
  }
  checkAnnotations(api, adviceOf(options), optionRefusal);
}

function adviceOf({
  key: _key,
  pure: _pure,
  ...advice
}: SubmitOptions): Omit<SubmitOptions, "key" | "pure"> {
  return advice;
}
