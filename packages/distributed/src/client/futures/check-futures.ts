import { quoteValue } from "@millrace/graph";
import { invalidArgument } from "../../errors.ts";
import { Future } from "./future.ts";

/** The items of what should be iterable. */
export function listOf<T>(api: string, what: string, items: Iterable<T>): readonly T[] {
  const some = items as Partial<Iterable<T>> | null | undefined;
  if (typeof some?.[Symbol.iterator] === "function") return [...items];
  throw invalidArgument(
    api,
    `${what} must be iterable`,
    quoteValue(items),
    "an array, or anything else that for-of takes",
    "Put a single one into an array.",
  );
}

/** The futures of what should hold nothing else. */
export function futuresOf<T>(api: string, futures: Iterable<Future<T>>): readonly Future<T>[] {
  const list = listOf(api, "futures", futures);
  const other = list.find((each) => !((each as unknown) instanceof Future));
  if (other === undefined && !list.includes(undefined as never)) return list;
  throw invalidArgument(
    api,
    "this is no future",
    quoteValue(other),
    "what submit, map or scatter has given",
    "Values that are here need not be waited for.",
  );
}

/** What should be a future. */
export function futureOf<T>(api: string, future: Future<T>): Future<T> {
  return futuresOf(api, [future])[0] as Future<T>;
}

/** Checks a function and its arguments. */
export function checkCall(api: string, fn: unknown, args: unknown): void {
  if (typeof fn !== "function") {
    throw invalidArgument(
      api,
      "the first argument must be a function",
      quoteValue(fn),
      "a function",
      "Pass the function itself, not what it returns.",
    );
  }
  if (Array.isArray(args)) return;
  throw invalidArgument(
    api,
    "the arguments must be an array",
    quoteValue(args),
    "an array with one item for each parameter, [] for none",
    "Write submit(fn, [argument]).",
  );
}
