import { declareExports } from "@millrace/closure/tasks";
import type { Absorb, Step, TaskFunction } from "@millrace/graph/tasks";
import { absorbs, runGuard, taskFault } from "@millrace/graph/tasks";
import { inPartition } from "../errors.ts";
import type { Compiled, MakeStructural } from "./compile.ts";
import { compileStage } from "./compile.ts";
import type { SourceOp, StageOp } from "./ops.ts";
import { partsOf } from "./ops.ts";
import { resumeStage } from "./run-async.ts";
import { withSamplers } from "./sampler.ts";
import { isPending, withSettled } from "./settled.ts";
import { Suspended } from "./suspended.ts";

/**
 * The step function of most element operations: runs a block, which is that of partition number
 * `partition`, through a chain of operations in one loop. Gives the array of what comes out, or
 * what the terminal operation makes of it; a promise only where the source or a callback is async.
 */
export function runStage(
  block: unknown,
  stage: readonly StageOp[],
  partition: number,
  ...broadcast: readonly unknown[]
): unknown {
  return runWith(undefined, block, stage, partition, broadcast);
}

/** The same with some more terminals. */
export function runWith(
  structural: MakeStructural,
  block: unknown,
  stage: readonly StageOp[],
  partition: number,
  broadcast: readonly unknown[],
): unknown {
  try {
    const result = runCompiled(compileStage(stage, structural), block, broadcast);
    return result instanceof Promise ? orInPartition(result, partition) : result;
  } catch (error) {
    throw inPartition(error, partition);
  }
}

async function orInPartition(result: Promise<unknown>, partition: number): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    throw inPartition(error, partition);
  }
}

function runCompiled(compiled: Compiled, block: unknown, broadcast: readonly unknown[]): unknown {
  const { source, ops } = compiled.parts;
  const extras = withSamplers(ops, broadcast);
  const { init, finish } = compiled.terminal;
  const result =
    source?.kind === "chunks"
      ? runChunks(compiled, source, block, extras)
      : runItems(compiled, boundsOf(source, block), init(), extras);
  return finish === undefined ? result : withSettled(result, finish);
}

/** Two stages one after the other are one stage, unless the first ends in a value of its own. */
const absorbStage: Absorb = (producer, consumer) => {
  const [block, first, partition, ...rest] = producer.args;
  const [, second, , ...more] = consumer.args;
  if (!runners.has(producer.fn) || block === undefined || partition === undefined) {
    return undefined;
  }
  if (first?.kind !== "literal" || second?.kind !== "literal") return undefined;
  const stage = joinStages(first.value as Stage, second.value as Stage);
  if (stage === undefined) return undefined;
  const args: Step["args"] = [block, { kind: "literal", value: stage }, partition];
  return { fn: consumer.fn, args: [...args, ...rest, ...more] };
};

const runners = new WeakSet<TaskFunction>();

/** Lets a step function that runs stages become one with the stage before it. */
export function joinsStages(fn: TaskFunction): void {
  runners.add(fn);
  Object.defineProperty(fn, absorbs, { value: absorbStage });
}

type Stage = readonly StageOp[];

/** What each pair of stages became: computing a bag again finds its loop compiled, and warm. */
const joined = new WeakMap<Stage, WeakMap<Stage, Stage>>();

/** Of longer stages each one on the way would be kept, and no code is generated anyway. */
const joinedLengthMax = 500;

function joinStages(before: Stage, after: Stage): Stage | undefined {
  const [last, first] = [before.slice(-1), after.slice(0, 1)].map(partsOf);
  if (last?.terminal !== undefined || first?.source !== undefined) return undefined;
  if (before.length + after.length > joinedLengthMax) return [...before, ...after];
  const known = joined.get(before) ?? new WeakMap<Stage, Stage>();
  const stage = known.get(after) ?? [...before, ...after];
  joined.set(before, known.set(after, stage));
  return stage;
}

type Bounds = readonly [items: readonly unknown[] | undefined, start: number, end: number];

/** The elements of a block that has them all: an array, or the partition number of a range. */
function boundsOf(
  source: Extract<SourceOp, { kind: "range" }> | undefined,
  block: unknown,
): Bounds {
  if (source === undefined) {
    const items = block as readonly unknown[];
    return [items, 0, items.length];
  }
  const { length, npartitions } = source;
  const boundary = (i: number): number =>
    Number((BigInt(i) * BigInt(length)) / BigInt(npartitions));
  return [undefined, boundary(block as number), boundary((block as number) + 1)];
}

/** The accumulator after one array or range; a promise where a callback gave one. */
function runItems(
  { parts, terminal, loop }: Compiled,
  [items, start, end]: Bounds,
  acc: unknown,
  extras: readonly unknown[],
): unknown {
  if (terminal.done?.(acc) === true) return acc;
  const result = loop(items, start, end, acc, extras);
  return result instanceof Suspended ? resumeStage(parts.ops, terminal, result, extras) : result;
}

/** The arrays of a source; what goes wrong there is no user code's. */
async function* opened(
  source: Extract<SourceOp, { kind: "chunks" }>,
  block: unknown,
): AsyncGenerator<readonly unknown[]> {
  try {
    yield* source.open(block as never);
  } catch (error) {
    throw error instanceof Error ? taskFault(error) : error;
  }
}

async function runChunks(
  compiled: Compiled,
  source: Extract<SourceOp, { kind: "chunks" }>,
  block: unknown,
  extras: readonly unknown[],
): Promise<unknown> {
  const throwIfOver = runGuard();
  const { init, done } = compiled.terminal;
  let acc = init();
  for await (const chunk of opened(source, block)) {
    throwIfOver();
    const result = runItems(compiled, [chunk, 0, chunk.length], acc, extras);
    acc = isPending(result) ? await result : result;
    if (done?.(acc) === true) break;
  }
  return acc;
}

joinsStages(runStage);
declareExports(import.meta.url, { runStage }, { package: "@millrace/bag" });
