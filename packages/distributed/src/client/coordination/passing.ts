import { blockBytes } from "../../codec/block.ts";
import { encodeValue } from "../../codec/encode-value.ts";
import { DistributedError, invalidArgument } from "../../errors.ts";
import type { PassedValue } from "../../messages/coordination.ts";
import { valueBytesMax, valueFuturesMax } from "../../messages/coordination.ts";
import type { Future } from "../futures/future.ts";
import { releasedError } from "../futures/future-run.ts";
import { passingFutures } from "../futures/future-codec.ts";
import type { RunClient } from "../run-client.ts";

/** A value on its way to others. */
export interface Passing {
  readonly value: PassedValue;
  /** Futures of their own of what is in it, to be released when the scheduler has answered. */
  readonly futures: readonly Future<unknown>[];
}

/**
 * Makes a block of a value, in which futures stand for themselves.
 *
 * @throws SerializationError; DistributedError `distributed/value-too-large`,
 *   `distributed/released`, `distributed/invalid-argument` for a future of another client
 */
export function pass(api: string, value: unknown, client: RunClient): Passing {
  const { result: block, futures } = passingFutures(() => encodeValue(value, { shared: true }));
  const bytes = blockBytes(block);
  if (bytes > valueBytesMax) throw tooLarge(api, `a value of ${bytes} bytes`, valueBytesMax);
  if (futures.length > valueFuturesMax) {
    throw tooLarge(api, `${futures.length} futures`, valueFuturesMax);
  }
  const holds = futures.map((future) => {
    if (future.status === "released") throw releasedError();
    const output = future.outputOf(client);
    if (output === undefined) throw foreign(api, future.key);
    return output;
  });
  return { value: { block, holds }, futures: futures.map((future) => future.again()) };
}

function tooLarge(api: string, got: string, most: number): Error {
  return new DistributedError(
    "distributed/value-too-large",
    `${api}: a value is too large for the scheduler, got ${got}, wanted up to ${most}. Call ` +
      "`submit` with a function that makes it, and give the future.",
  );
}

function foreign(api: string, key: string): Error {
  return invalidArgument(
    api,
    "a future belongs to another client",
    `the future ${key}`,
    "one of this client",
    "Ask the client that has submitted it.",
  );
}
