import { declareExports } from "@millrace/closure/tasks";
import { encodeFailure } from "../../codec/failure/encode-failure.ts";
import { ActorLostError } from "../../errors.ts";
import { getWorker } from "../../get-worker.ts";
import { endReasonMax } from "../../messages/coordination.ts";
import { secede } from "../../secede.ts";
import type { Answered, Coordinating } from "../coordination/coordinating.ts";
import type { ActorRequest } from "./handle.ts";
import { clientOfTask } from "./handle.ts";

/** What comes of a request. */
export type ActorAnswer =
  | { readonly kind: "returned"; readonly value: unknown }
  /** The parts of the block of a failure. */
  | { readonly kind: "threw"; readonly thrown: readonly Uint8Array[]; readonly worker: string };

/** The names of what can be asked of an instance. */
export interface Description {
  readonly methods: readonly string[];
  readonly fields: readonly string[];
}

type Instance = Readonly<Record<string, unknown>>;
type Call = Extract<Answered, { kind: "call" }>;

const api = "Actor";
/** Calls that are on their way here while one is answered. */
const aheadMax = 64;

/**
 * The task that is the host of an actor: makes the instance and answers calls until nobody has the
 * actor. It waits all the time, so other tasks run in its thread. A second attempt ends at once:
 * what the first one knew is gone.
 */
export async function hostActor(
  name: string,
  Class: new (...args: readonly unknown[]) => object,
  ...args: readonly unknown[]
): Promise<void> {
  const { coordinating } = (await clientOfTask()).parts;
  const { name: worker, signal } = getWorker();
  secede();
  try {
    await coordinating.ask<"done">(api, { kind: "actor-host", name, worker });
  } catch (error) {
    if (error instanceof ActorLostError) return;
    throw error;
  }
  const end = (reason: string): void =>
    coordinating.say(api, { kind: "actor-end", name, reason: reason.slice(0, endReasonMax) });
  signal.addEventListener("abort", () => end("its task was cancelled"));
  const host = new Host(coordinating, name, worker, end);
  try {
    await host.serve(() => new Class(...args) as Instance);
  } finally {
    end("its task has ended");
  }
}

/** Answers calls, of which it has asked for some ahead. */
class Host {
  readonly #with: Coordinating;
  readonly #name: string;
  readonly #worker: string;
  readonly #end: (reason: string) => void;
  readonly #coming: Promise<Answered>[] = [];

  constructor(
    coordinating: Coordinating,
    name: string,
    worker: string,
    end: (reason: string) => void,
  ) {
    this.#with = coordinating;
    this.#name = name;
    this.#worker = worker;
    this.#end = end;
  }

  async serve(make: () => Instance): Promise<void> {
    for (let count = 0; count < aheadMax; count++) this.#ask();
    // Whoever makes an actor asks first what there is.
    const first = await this.#next();
    if (first === undefined) return;
    let instance: Instance;
    try {
      instance = make();
    } catch (error) {
      await this.#answer(first.call, this.#threw(error));
      return;
    }
    try {
      for (let call: Call | undefined = first; call !== undefined; call = await this.#next()) {
        await this.#begin(instance, call);
      }
    } finally {
      await dispose(instance);
    }
  }

  #ask(): void {
    const run = this.#with.client.reserveRun();
    const demand = { kind: "actor-next", name: this.#name, run } as const;
    const coming = this.#with.ask<"call" | "nothing">(api, demand);
    // Told to whoever takes it, if anybody does.
    coming.catch(() => undefined);
    this.#coming.push(coming);
  }

  async #next(): Promise<Call | undefined> {
    const came = await this.#coming.shift();
    if (came?.kind !== "call") return undefined;
    this.#ask();
    return came;
  }

  /** Resolves when the method has begun: the next one may begin while it waits. */
  async #begin(instance: Instance, { call, value }: Call): Promise<void> {
    try {
      const request = (await value.read()) as ActorRequest;
      const returned = perform(instance, request);
      Promise.resolve(returned).then(
        (settled) => void this.#answer(call, { kind: "returned", value: settled }),
        (error: unknown) => void this.#answer(call, this.#threw(error)),
      );
    } catch (error) {
      void this.#answer(call, this.#threw(error));
    }
  }

  #threw(error: unknown): ActorAnswer {
    const { header, buffers } = encodeFailure(error);
    return { kind: "threw", thrown: [header, ...buffers], worker: this.#worker };
  }

  async #answer(call: number, answer: ActorAnswer): Promise<void> {
    try {
      await this.#give(call, answer);
    } catch (refusal) {
      // What was returned cannot travel: the caller is told that instead.
      try {
        await this.#give(call, this.#threw(refusal));
      } catch (error) {
        this.#end((error as Error).message);
      }
    }
  }

  #give(call: number, answer: ActorAnswer): Promise<unknown> {
    const name = this.#name;
    return this.#with.give<"done">(api, answer, (value) => ({
      kind: "actor-answer",
      name,
      call,
      value,
    }));
  }
}

function perform(instance: Instance, request: ActorRequest): unknown {
  switch (request.kind) {
    case "describe":
      return describe(instance);
    case "call":
      return Reflect.apply(instance[request.method] as () => unknown, instance, request.args);
    case "read":
      return instance[request.field];
  }
}

/** Methods of its classes and functions that it has itself; all else can be read. */
function describe(instance: Instance): Description {
  const methods = new Set<string>();
  const fields = new Set<string>();
  for (
    let owner: object | null = instance;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (key === "constructor" || methods.has(key) || fields.has(key)) continue;
      (typeof value === "function" ? methods : fields).add(key);
    }
  }
  return { methods: [...methods], fields: [...fields] };
}

async function dispose(instance: object): Promise<void> {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = instance as Partial<
    AsyncDisposable & Disposable
  >;
  if (later !== undefined) await later.call(instance);
  else now?.call(instance);
}

declareExports(import.meta.url, { hostActor }, { package: "@millrace/distributed" });
