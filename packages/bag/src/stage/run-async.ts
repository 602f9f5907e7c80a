import type { Compiled, Frame, Suspended } from "./compile.ts";
import { chunksOf, pluckWith } from "./elements.ts";
import type { ElementOp } from "./ops.ts";
import { extraOf } from "./ops.ts";

/** Most elements of one partition that wait for async callbacks at the same time. */
export const asyncElementsMax = 16;

/** One element on its way, and the operation that it comes to next. */
interface Work {
  readonly op: number;
  readonly value: unknown;
}

/**
 * Finishes an array that the loop could not: elements overlap, at most `asyncElementsMax` at a time, and
 * reach the accumulator in their order.
 */
export async function resumeStage(
  compiled: Compiled,
  suspended: Suspended,
  extras: readonly unknown[],
): Promise<unknown> {
  const { op, value, pending, acc, frames } = suspended;
  const { ops, terminal } = compiled;
  if (op === ops.length) {
    const next = await pending;
    if (terminal.done?.(next) === true) return next;
    return feed(compiled, rest(frames), next, extras);
  }
  const first = settleOp(compiled, op, value, pending, extras);
  return feed(compiled, rest(frames), acc, extras, first);
}

/** Runs elements one by one from the first operation: where no loop could be compiled. */
export async function runElements(
  compiled: Compiled,
  frame: Frame,
  acc: unknown,
  extras: readonly unknown[],
): Promise<unknown> {
  return feed(compiled, rest([frame]), acc, extras);
}

/** What the open loops still have to do, the innermost first. */
function* rest(frames: readonly Frame[]): Generator<Work> {
  for (const { op, items, start, end, more } of [...frames].reverse()) {
    for (let i = start; i < end; i++) yield { op, value: items === undefined ? i : items[i] };
    if (more === undefined) continue;
    for (let chunk = more.next(); chunk.done !== true; chunk = more.next()) {
      for (const value of chunk.value) yield { op, value };
    }
  }
}

async function feed(
  compiled: Compiled,
  work: Iterator<Work>,
  start: unknown,
  extras: readonly unknown[],
  first?: Promise<readonly unknown[]>,
): Promise<unknown> {
  const { terminal } = compiled;
  const window: Promise<readonly unknown[]>[] = first === undefined ? [] : [first];
  let acc = start;
  let next = work.next();
  while (window.length > 0 || next.done !== true) {
    while (next.done !== true && window.length < asyncElementsMax) {
      const outcome = expand(compiled, next.value.op, next.value.value, extras);
      // Awaited in order below; until then a failure must not count as unhandled.
      outcome.catch(() => undefined);
      window.push(outcome);
      next = work.next();
    }
    for (const value of await (window.shift() as Promise<readonly unknown[]>)) {
      acc = await terminal.step(acc, value);
      if (terminal.done?.(acc) === true) return acc;
    }
  }
  return acc;
}

/** All that becomes of one element from operation `op` on. */
async function expand(
  compiled: Compiled,
  op: number,
  value: unknown,
  extras: readonly unknown[],
): Promise<readonly unknown[]> {
  let current = value;
  for (let k = op; k < compiled.ops.length; k++) {
    const given = await apply(compiled, k, current, extras);
    const outcome = judge(compiled.ops[k] as ElementOp, current, given);
    if (outcome.kind === "drop") return [];
    if (outcome.kind === "spread") return spread(compiled, k + 1, outcome.items, extras);
    current = outcome.value;
  }
  return [current];
}

/** As {@link expand}, for an element whose callback at `op` has been called already. */
async function settleOp(
  compiled: Compiled,
  op: number,
  value: unknown,
  pending: PromiseLike<unknown>,
  extras: readonly unknown[],
): Promise<readonly unknown[]> {
  const outcome = judge(compiled.ops[op] as ElementOp, value, await pending);
  if (outcome.kind === "drop") return [];
  if (outcome.kind === "spread") return spread(compiled, op + 1, outcome.items, extras);
  return expand(compiled, op + 1, outcome.value, extras);
}

async function spread(
  compiled: Compiled,
  op: number,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  extras: readonly unknown[],
): Promise<readonly unknown[]> {
  const out: unknown[] = [];
  for await (const item of items) {
    for (const value of await expand(compiled, op, item, extras)) out.push(value);
  }
  return out;
}

type Outcome =
  | { readonly kind: "drop" }
  | { readonly kind: "keep"; readonly value: unknown }
  | { readonly kind: "spread"; readonly items: Iterable<unknown> | AsyncIterable<unknown> };

/** What an operation makes of an element, given what its callback said. */
function judge(op: ElementOp, value: unknown, given: unknown): Outcome {
  switch (op.kind) {
    case "map":
    case "starmap":
    case "pluck":
      return { kind: "keep", value: given };
    case "filter":
      return Boolean(given) === op.keep ? { kind: "keep", value } : { kind: "drop" };
    case "sample":
      return given === true ? { kind: "keep", value } : { kind: "drop" };
    case "flatMap":
    case "flatten": {
      if (typeof given === "object" && given !== null && Symbol.asyncIterator in given) {
        return { kind: "spread", items: given as AsyncIterable<unknown> };
      }
      return { kind: "spread", items: flat(chunksOf(op.kind, given)) };
    }
  }
}

function* flat(chunks: Iterator<readonly unknown[], undefined>): Generator<unknown> {
  for (let chunk = chunks.next(); chunk.done !== true; chunk = chunks.next()) yield* chunk.value;
}

function apply({ ops }: Compiled, k: number, value: unknown, extras: readonly unknown[]): unknown {
  const op = ops[k] as ElementOp;
  const first = ops.slice(0, k).reduce((sum, before) => sum + extraOf(before), 0);
  const own = extras.slice(first, first + extraOf(op));
  switch (op.kind) {
    case "flatten":
      return value;
    case "sample":
      return (own[0] as () => boolean)();
    case "pluck":
      return pluckWith(op)(value);
    case "starmap":
      return (op.fn as (...args: unknown[]) => unknown)(...(value as Iterable<unknown>));
    default:
      return (op.fn as (...args: unknown[]) => unknown)(value, ...own);
  }
}
