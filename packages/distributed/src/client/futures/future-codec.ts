import { registerCodec } from "@millrace/closure";
import type { Key } from "@millrace/graph";
import { Future } from "./future.ts";

/** How a future is written: its place among the futures of its value. */
interface Written {
  readonly at: number;
  readonly key: Key;
}

type Make = (key: Key, at: number) => Future<unknown>;

/** The futures of the value that is being written, with their places. */
let written: Map<Future<unknown>, number> | undefined;
let make: Make | undefined;

// Elsewhere a future has no form as bytes: its client is in this process.
registerCodec({
  name: "millrace.Future",
  test: (value) => written !== undefined && value instanceof Future,
  encode: (future: Future<unknown>): Written => {
    const all = written as Map<Future<unknown>, number>;
    let at = all.get(future);
    if (at === undefined) all.set(future, (at = all.size));
    return { at, key: future.key };
  },
  decode: ({ at, key }: Written): Future<unknown> => {
    if (make === undefined) throw new Error("a future outside of what clients share");
    return make(key, at);
  },
});

/** Calls what encodes a value; gives the futures that stand in it, by their places. */
export function passingFutures<T>(encode: () => T): {
  readonly result: T;
  readonly futures: readonly Future<unknown>[];
} {
  const outer = written;
  const own = new Map<Future<unknown>, number>();
  written = own;
  try {
    return { result: encode(), futures: [...own.keys()] };
  } finally {
    written = outer;
  }
}

/** Calls what decodes a value; futures in it are made by `makeFuture`. */
export function receivingFutures<T>(makeFuture: Make, decode: () => T): T {
  const outer = make;
  make = makeFuture;
  try {
    return decode();
  } finally {
    make = outer;
  }
}
