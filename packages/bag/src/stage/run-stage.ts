import type { Absorb } from "@millrace/graph";
import { absorbs } from "@millrace/graph";
import type { Compiled } from "./compile.ts";
import { Suspended, compileStage } from "./compile.ts";
import { prepareExtras } from "./elements.ts";
import type { SourceOp, StageOp } from "./ops.ts";
import { sourceOf, terminalOf } from "./ops.ts";
import { resumeStage, runElements } from "./run-async.ts";
import { isPending } from "./terminals.ts";

/**
 * The step function of every element operation: runs a block through a chain of operations in one loop.
 * Gives the array of what comes out, or what the terminal operation makes of it; a promise only where the
 * source or a callback is async.
 */
export function runStage(
  block: unknown,
  ops: readonly StageOp[],
  ...broadcast: readonly unknown[]
): unknown {
  const compiled = compileStage(ops);
  const extras = prepareExtras(compiled.ops, broadcast);
  const source = sourceOf(ops);
  const acc = compiled.terminal.init();
  if (source?.kind === "chunks") return runChunks(compiled, source, block, acc, extras);
  const [items, start, end] =
    source === undefined ? arrayBounds(block) : rangeBounds(source, block as number);
  const result = runItems(compiled, items, start, end, acc, extras);
  const { terminal } = compiled;
  const finish = (part: unknown): unknown =>
    terminal.finish === undefined ? part : terminal.finish(part);
  return result instanceof Promise ? result.then(finish) : finish(result);
}

/** Two stages one after the other are one stage, unless the first ends in a value of its own. */
const absorbStage: Absorb = (producer, consumer) => {
  const [block, first, ...rest] = producer.args;
  const [, second, ...more] = consumer.args;
  if (producer.fn !== consumer.fn || block === undefined) return undefined;
  if (first?.kind !== "literal" || second?.kind !== "literal") return undefined;
  const before = first.value as readonly StageOp[];
  const after = second.value as readonly StageOp[];
  if (terminalOf(before) !== undefined || sourceOf(after) !== undefined) return undefined;
  const ops = { kind: "literal", value: [...before, ...after] } as const;
  return { fn: consumer.fn, args: [block, ops, ...rest, ...more] };
};

Object.defineProperty(runStage, absorbs, { value: absorbStage });

type Bounds = readonly [items: readonly unknown[] | undefined, start: number, end: number];

function arrayBounds(block: unknown): Bounds {
  const items = block as readonly unknown[];
  return [items, 0, items.length];
}

/** Boundary i is `floor(i · length / npartitions)`. */
function rangeBounds(
  { length, npartitions }: Extract<SourceOp, { kind: "range" }>,
  i: number,
): Bounds {
  const boundary = (b: number): number =>
    Number((BigInt(b) * BigInt(length)) / BigInt(npartitions));
  return [undefined, boundary(i), boundary(i + 1)];
}

/** The accumulator after one array or range; a promise where a callback gave one. */
function runItems(
  compiled: Compiled,
  items: readonly unknown[] | undefined,
  start: number,
  end: number,
  acc: unknown,
  extras: readonly unknown[],
): unknown {
  if (compiled.terminal.done?.(acc) === true) return acc;
  const { loop } = compiled;
  if (loop === undefined) {
    return runElements(compiled, { op: 0, items, start, end, more: undefined }, acc, extras);
  }
  const result = loop(items, start, end, acc, extras);
  return result instanceof Suspended ? resumeStage(compiled, result, extras) : result;
}

async function runChunks(
  compiled: Compiled,
  source: Extract<SourceOp, { kind: "chunks" }>,
  block: unknown,
  start: unknown,
  extras: readonly unknown[],
): Promise<unknown> {
  const { terminal } = compiled;
  let acc = start;
  for await (const chunk of source.open(block as never)) {
    const result = runItems(compiled, chunk, 0, chunk.length, acc, extras);
    acc = isPending(result) ? await result : result;
    if (terminal.done?.(acc) === true) break;
  }
  return terminal.finish === undefined ? acc : terminal.finish(acc);
}
