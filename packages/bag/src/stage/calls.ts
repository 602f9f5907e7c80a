import type { ElementOp } from "./ops.ts";
import { extraOf } from "./ops.ts";
import { iterableOf } from "./pieces.ts";
import { pluckWith } from "./pluck.ts";

/** The function of each operation that has one, in the form in which the loop calls it. */
export function functionOf(op: ElementOp): ((...args: never[]) => unknown) | undefined {
  switch (op.kind) {
    case "map":
    case "filter":
    case "flatMap":
    case "starmap":
      return op.fn;
    case "pluck":
      return pluckWith("pluck", op);
    case "flatten":
    case "sample":
      return undefined;
  }
}

/** What each operation calls with an element, its broadcast values bound. */
export function bindCalls(
  ops: readonly ElementOp[],
  extras: readonly unknown[],
): readonly ((value: unknown) => unknown)[] {
  let at = 0;
  return ops.map((op) => {
    const own = extras.slice(at, (at += extraOf(op)));
    const fn = functionOf(op) as ((...args: unknown[]) => unknown) | undefined;
    switch (op.kind) {
      case "flatten":
        return (value) => value;
      case "sample":
        return () => (own[0] as () => boolean)();
      case "starmap":
        return (value) => fn?.(...iterableOf("starmap", value));
      case "map":
      case "filter":
      case "flatMap":
      case "pluck":
        return (value) => fn?.(value, ...own);
    }
  });
}
