import { registerCodec } from "@millrace/closure/tasks";
import { taskContextHook } from "../../worker/threads/task-context.ts";
import type { Client } from "../client.ts";

/** By which an actor is found, and what can be asked of it. */
export interface ActorAddress {
  /** Its name at the scheduler, like no other. */
  readonly name: string;
  readonly className: string;
  readonly methods: readonly string[];
  readonly fields: readonly string[];
}

/** What an instance is asked. */
export type ActorRequest =
  /** The names of its methods and fields. */
  | { readonly kind: "describe" }
  | { readonly kind: "call"; readonly method: string; readonly args: readonly unknown[] }
  | { readonly kind: "read"; readonly field: string };

/** How a handle reaches its actor. */
export interface ActorLink {
  /** What is asked in one order is asked of the instance in that order. */
  ask(of: ActorAddress, request: ActorRequest): Promise<unknown>;
  /** Its client needs the actor no more; resolves when the scheduler knows. */
  letGo(of: ActorAddress): Promise<void>;
}

/** What handles have beside the methods and fields of their class. */
export const ownMethods: readonly string[] = ["release", "then"];

const addresses = new WeakMap<object, ActorAddress>();
/** Handles of what is being read belong to a client, where one reads it. */
let make: ((address: ActorAddress) => object) | undefined;

registerCodec({
  name: "millrace.Actor",
  test: (value) => addresses.has(value),
  encode: (handle) => addresses.get(handle) as ActorAddress,
  decode: (address: ActorAddress) => (make ?? makeForTask)(address),
});

/** Calls what decodes a value; handles in it are made by `makeOwn`. */
export function receivingActors<T>(makeOwn: (address: ActorAddress) => object, decode: () => T): T {
  const outer = make;
  make = makeOwn;
  try {
    return decode();
  } finally {
    make = outer;
  }
}

/** What tells a handle from plain data. */
const prototype = Object.freeze({ [Symbol.toStringTag]: "Actor" });

/** A handle: methods and fields of the instance, each as a promise. */
export function makeHandle(address: ActorAddress, link: ActorLink): object {
  const handle = Object.create(prototype) as object;
  const define = (name: PropertyKey, property: PropertyDescriptor): unknown =>
    Object.defineProperty(handle, name, property);
  for (const field of address.fields.filter(isFree)) {
    define(field, { get: () => link.ask(address, { kind: "read", field }) });
  }
  for (const method of address.methods.filter(isFree)) {
    define(method, {
      value: (...args: readonly unknown[]) => link.ask(address, { kind: "call", method, args }),
      enumerable: true,
    });
  }
  const letGo = (): Promise<void> => link.letGo(address);
  define("release", { value: letGo });
  define(Symbol.asyncDispose, { value: letGo });
  addresses.set(handle, address);
  return handle;
}

function isFree(name: string): boolean {
  return !ownMethods.includes(name);
}

/** The client of this thread, which all tasks share. */
interface OfTask {
  readonly connecting: Promise<Client>;
  isLost: () => boolean;
}

let current: OfTask | undefined;

/** For all of its tasks: they wait for one promise, so that what is asked first comes first. */
export function clientOfTask(): OfTask["connecting"] {
  if (current !== undefined && !current.isLost()) return current.connecting;
  // Loaded when it is needed: most tasks have no client.
  const connecting = import("../../get-client.ts").then(({ getClient }) => getClient());
  const made: OfTask = { connecting, isLost: () => false };
  current = made;
  connecting.then(
    (client) => (made.isLost = () => client.isLost),
    () => (made.isLost = () => true),
  );
  return connecting;
}

/** A task that has a handle may ask for its client, so that its thread keeps track of tasks. */
function makeForTask(address: ActorAddress): object {
  taskContextHook().isUsed = true;
  return makeHandle(address, ofTask);
}

/** Of a handle that a task has got: it is good as long as others keep the actor. */
const ofTask: ActorLink = {
  ask: async (of, request) => (await clientOfTask()).parts.actors.ask(of, request),
  letGo: async () => undefined,
};
