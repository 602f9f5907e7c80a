import { registerCodec } from "@millrace/closure/tasks";
import type { Collection } from "./collection.ts";

/**
 * The `finalize` of a collection as an argument of a task. Here it is the collection itself; on its
 * way to another thread it is the method, with the fields of the collection if it reads any, and
 * never with the graph.
 */
export class Finalizer {
  readonly collection: Pick<Collection<unknown>, "finalize">;

  constructor(collection: Pick<Collection<unknown>, "finalize">) {
    this.collection = collection;
  }
}

/** Only a function whose text says so can read it. */
const readsThis = /\b(?:this|super)\b/;

/** Lets a {@link Finalizer} travel. */
export function registerFinalizerCodec(): void {
  registerCodec<Finalizer, (parts: unknown[]) => unknown>({
    name: "millrace-finalizer",
    module: "@millrace/graph",
    test: (value) => value instanceof Finalizer,
    encode({ collection }) {
      const { finalize } = collection;
      if (!readsThis.test(Function.prototype.toString.call(finalize))) return finalize;
      const receiver = Object.create(Object.getPrototypeOf(collection) as object | null) as object;
      for (const [name, field] of Object.entries(Object.getOwnPropertyDescriptors(collection))) {
        if (name !== "graph" && name !== "outputKeys") Object.defineProperty(receiver, name, field);
      }
      return (parts) => Reflect.apply(finalize, receiver, [parts]);
    },
    decode: (finalize) => new Finalizer({ finalize }),
  });
}
