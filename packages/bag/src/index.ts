import { registerCollection, registerForm } from "@millrace/graph";
import { Bag } from "./bag.ts";
import { partitionsAt } from "./partitions.ts";

declare module "@millrace/graph" {
  interface CollectionKinds<T, S> {
    readonly bag: Bag<T>;
  }
}

registerCollection("bag", (parts) => new Bag(parts));
registerForm<Bag<unknown>>({
  kind: "bag",
  test: (collection) => collection instanceof Bag,
  outlineOf: () => undefined,
  make: (_outline, graph, keys) => new Bag(partitionsAt(graph, keys)),
});

export { Bag };
export type { KeyFunction, KeyType, MaybePromise } from "./callbacks.ts";
export { BagError } from "./errors.ts";
export type { BagErrorCode } from "./errors.ts";
export type { ReadTextOptions } from "./io/read-text.ts";
export type { WriteFilesOptions } from "./io/write-files.ts";
export type { Partitions } from "./partitions.ts";
export { readJsonLines, readText } from "./read.ts";
export type { FoldInto, FoldOptions } from "./verbs/fold.ts";
export type { FromOptions } from "./verbs/from.ts";
export type { TakeOptions } from "./verbs/take.ts";
