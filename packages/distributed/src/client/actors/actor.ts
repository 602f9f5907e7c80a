import type { CallArguments } from "@millrace/graph";
import { checkOptions, functionLabel, quoteValue, taskFailure } from "@millrace/graph";
import { decodeFailure } from "../../codec/failure/decode-failure.ts";
import { invalidArgument } from "../../errors.ts";
import { optionRefusal } from "../../option-refusal.ts";
import type { Coordinating } from "../coordination/coordinating.ts";
import { checkName } from "../coordination/coordinating.ts";
import type { Future } from "../futures/future.ts";
import type { Submitting } from "../futures/submit.ts";
import type { ActorAddress, ActorLink, ActorRequest } from "./handle.ts";
import { makeHandle, ownMethods } from "./handle.ts";
import type { ActorAnswer, Description } from "./host-actor.ts";
import { hostActor } from "./host-actor.ts";

/** A class of which workers can keep instances. */
export type ActorClass = new (...args: never[]) => object;

/** Where an instance is kept. */
export interface ActorOptions {
  /** What the scheduler calls it, with something that no other has; default the class's name. */
  readonly name?: string | undefined;
  /** Names of the workers that may keep it; default all. */
  readonly workers?: readonly string[] | undefined;
  /** Amounts of named resources that it occupies as long as it is there. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
}

/**
 * An instance of a class that a worker keeps: its methods give promises of what they return, and
 * its fields are promises of what they are when they are read. What one client calls begins in that
 * order, one at a time; while an asynchronous method waits, the next one begins. Arguments and
 * what is returned are copies of up to 1 MiB; futures and other handles arrive as such.
 *
 * A method that throws rejects as a task does, and the instance goes on. It is there once: when its
 * worker dies or goes, every call rejects with `ActorLostError`, and it is made anew by nobody. It
 * ends when all clients that have a handle have called `release` or are gone; a handle in a task
 * keeps nothing, unless the task has made the actor. An instance with a `[Symbol.asyncDispose]` or
 * `[Symbol.dispose]` is disposed of then.
 *
 * @example
 * ```ts
 * import type { Actor } from "@millrace/distributed";
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * class Counter {
 *   n = 0;
 *   add(by: number): number {
 *     return (this.n += by);
 *   }
 * }
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * await using counter: Actor<Counter> = await client.actor(Counter);
 * await counter.add(2); // => 2
 * await counter.n; // => 2
 * ```
 */
export type Actor<T> = AsyncDisposable & {
  /** Lets go of it when what was called here is answered; it ends when no client has it. */
  release(): Promise<void>;
} & {
  readonly [K in Extract<keyof T, string>]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : Promise<Awaited<T[K]>>;
};

/** The arguments of a constructor; futures and other lazy things stand for values. */
export type ActorArguments<C extends ActorClass> = CallArguments<
  (...args: ConstructorParameters<C>) => unknown
>;

const api = "Client.actor";
const optionNames: readonly (keyof ActorOptions)[] = ["name", "workers", "resources"];
/** Room for what makes a name unlike others. */
const ownNameMax = 200;

/** The actors of a client. */
export class Actors implements ActorLink {
  readonly #with: Coordinating;
  readonly #submitting: Submitting;
  /** Calls that have no answer yet, by the names of their actors. */
  readonly #asked = new Map<string, Set<Promise<unknown>>>();

  constructor(coordinating: Coordinating, submitting: Submitting) {
    this.#with = coordinating;
    this.#submitting = submitting;
  }

  /** See `Client.actor`. */
  async make<C extends ActorClass>(
    Class: C,
    args: ActorArguments<C>,
    options: ActorOptions,
  ): Promise<Actor<InstanceType<C>>> {
    checkClass(Class, args);
    checkOptions(api, options, optionNames, optionRefusal);
    const { name: wanted = functionLabel(Class, "actor"), ...where } = options;
    checkName(api, wanted);
    const name = `${wanted.slice(0, ownNameMax).toWellFormed()}-${crypto.randomUUID()}`;
    const given = [name, Class, ...(args as readonly unknown[])];
    const own = { ...where, key: name };
    const host = this.#submitting.submit(hostActor as never, given as never, own, api);
    try {
      const className = functionLabel(Class, "Actor");
      const nobody: ActorAddress = { name, className, methods: [], fields: [] };
      const described = (await this.#begun(nobody, host)) as Description;
      return makeHandle({ ...nobody, ...described }, this) as Actor<InstanceType<C>>;
    } catch (error) {
      this.#with.say(api, { kind: "actor-let-go", name });
      // Where its task fails before the scheduler knows the actor, there is none to be asked.
      if (host.status === "error") await host.settled();
      throw error;
    } finally {
      // The scheduler keeps its task as long as there is the actor.
      host.release();
    }
  }

  /** Has the scheduler know it, and asks what it has. */
  async #begun(of: ActorAddress, host: Future<unknown>): Promise<unknown> {
    const opened = this.#with.give<"done">(api, [host], (value) => ({
      kind: "actor-open",
      name: of.name,
      value,
    }));
    const described = this.ask(of, { kind: "describe" });
    const failed = new Promise<never>((_, reject) => void host.settled().catch(reject));
    return Promise.race([Promise.all([described, opened]).then(([each]) => each), failed]);
  }

  /** A handle that has come from elsewhere: this client has the actor, too. */
  take(address: ActorAddress): object {
    this.#with.say(api, { kind: "actor-hold", name: address.name });
    return makeHandle(address, this);
  }

  ask(of: ActorAddress, request: ActorRequest): Promise<unknown> {
    const asked = this.#ask(of, request);
    const all = this.#asked.get(of.name) ?? new Set();
    this.#asked.set(of.name, all.add(asked));
    const over = (): void => {
      all.delete(asked);
      if (all.size === 0) this.#asked.delete(of.name);
    };
    asked.then(over, over);
    return asked;
  }

  async #ask({ name, className }: ActorAddress, request: ActorRequest): Promise<unknown> {
    const called = calledName(className, request);
    const run = this.#with.client.reserveRun();
    const { value } = await this.#with.give<"value">(called, request, (passed) => ({
      kind: "actor-call",
      name,
      run,
      value: passed,
    }));
    const answer = (await value.read()) as ActorAnswer;
    if (answer.kind === "returned") return answer.value;
    const [header = new Uint8Array(0), ...buffers] = answer.thrown;
    const cause = decodeFailure({ header, buffers });
    throw taskFailure(`${name}.${called}`, 1, cause, undefined, answer.worker);
  }

  async letGo({ name }: ActorAddress): Promise<void> {
    const asked = this.#asked.get(name);
    if (asked !== undefined) await Promise.allSettled(asked);
    if (this.#with.isLost) return;
    await this.#with.ask<"done">("Actor.release", { kind: "actor-let-go", name });
  }
}

function calledName(className: string, request: ActorRequest): string {
  switch (request.kind) {
    case "describe":
      return api;
    case "call":
      return `${className}.${request.method}`;
    case "read":
      return `${className}.${request.field}`;
  }
}

function checkClass(Class: unknown, args: unknown): void {
  if (typeof Class !== "function" || typeof Class.prototype !== "object") {
    throw invalidArgument(
      api,
      "the first argument must be a class",
      quoteValue(Class),
      "a class",
      "Pass the class itself, not an instance.",
    );
  }
  if (!Array.isArray(args)) {
    throw invalidArgument(
      api,
      "the arguments must be an array",
      quoteValue(args),
      "an array with one item for each parameter of the constructor",
      "Write actor(Class, [argument]).",
    );
  }
  const taken = ownMethods.find((name) => name in (Class.prototype as object));
  if (taken === undefined) return;
  throw invalidArgument(
    api,
    "a handle has a method of its own of this name",
    quoteValue(taken),
    `a class without ${ownMethods.map((name) => `"${name}"`).join(" and ")}`,
    "Call the method something else.",
  );
}
