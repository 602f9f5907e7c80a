import type { CallArguments, Key, TaskFunction } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  annotate,
  blockKeys,
  checkOptions,
  isCollection,
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
  /** Higher runs earlier; default 0. */
  readonly priority?: number | undefined;
  /** Amounts of named resources that it occupies while it runs. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Names of the workers that may run it; default all. */
  readonly workers?: readonly string[] | undefined;
  /** Whether others may when none of `workers` can; default false. */
  readonly allowOtherWorkers?: boolean | undefined;
}

const optionNames: readonly (keyof SubmitOptions)[] = [
  "key",
  "pure",
  "retries",
  "priority",
  "resources",
  "workers",
  "allowOtherWorkers",
];

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

  /** See `Client.submit`. */
  submit<F extends TaskFunction>(
    fn: F,
    args: CallArguments<F>,
    options: SubmitOptions,
  ): Future<Returned<F>> {
    checkCall("Client.submit", fn, args);
    checkOptions("Client.submit", options, optionNames, optionRefusal);
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
    checkCall("Client.map", fn, []);
    checkOptions("Client.map", options, optionNames, optionRefusal);
    const list = listOf("Client.map", "items", items);
    const { key, pure = false } = options;
    if (pure || holdsLazy(list, new Set())) {
      return list.map((item, n) =>
        this.submit(fn as TaskFunction, [item] as never, {
          ...options,
          ...(key !== undefined && { key: `${key}-${n}` }),
        }),
      ) as readonly Future<Awaited<R>>[];
    }
    const name = key ?? `${fn.name || "call"}-${crypto.randomUUID()}`;
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
    const run = new FutureRun(this.#client, keys.length, (listener) =>
      this.#client.hold(graph, keys, {}, listener),
    );
    const group = new FutureGroup(run, 0, keys.length);
    return keys.map((each, output) => new Future<T>(each, group, output));
  }

  #remember(future: Future<unknown>): void {
    this.#known.set(future.key, new WeakRef(future));
    for (const [key, ref] of this.#known) {
      if (ref.deref() !== undefined) break;
      this.#known.delete(key);
    }
  }
}

/** Whether something lazy stands among some values, or in them. */
function holdsLazy(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  if (isCollection(value)) return true;
  if (Array.isArray(value)) return value.some((item) => holdsLazy(item, seen));
  if (value instanceof Map) return [...value].some((entry) => holdsLazy(entry, seen));
  if (value instanceof Set) return [...value].some((item) => holdsLazy(item, seen));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).some((item) => holdsLazy(item, seen));
}

/** A new handle of the same call is of no use where that failed, or was given up. */
function isOfUse({ status }: Future<unknown>): boolean {
  return status === "pending" || status === "finished";
}

function adviceOf({
  key: _key,
  pure: _pure,
  ...advice
}: SubmitOptions): Omit<SubmitOptions, "key" | "pure"> {
  return advice;
}
