import type { Block } from "../column.ts";
import { dtypeKey } from "../dtype-traits.ts";
import type { AggregateSpec } from "../kernels/group/aggregate-spec.ts";
import { layoutsKey, layoutsOf } from "./column-layout.ts";
import type { Placement, Program } from "./program.ts";
import { compileStage, inputsOf } from "./program.ts";
import type { LaneTotals } from "./simd/run-totals.ts";
import { hasVectors, startTotals } from "./simd/run-totals.ts";
import { compileTotals } from "./simd/totals-loop.ts";
import type { Stage } from "./stage.ts";

/** Programs that a thread keeps, by content; one that is forgotten is generated again. */
const PROGRAMS_MAX = 1_000;

const programs = new Map<string, Program>();

/** Vector loops that a thread keeps: modules take far more memory than functions. */
const LANE_TOTALS_MAX = 100;

const totals = new Map<string, LaneTotals | "none">();

/** What is worked out of a stage once: nodes are values, so that its tokens say all. */
interface StageFacts {
  readonly inputs: ReadonlySet<string>;
  readonly key: string;
}

const facts = new WeakMap<Stage, StageFacts>();

/** The program of a stage for a partition: one for all partitions of the same layout. */
export function programFor(stage: Stage, block: Block, placement: Placement): Program {
  const { inputs, key } = factsOf(stage);
  const layouts = layoutsOf(block, inputs);
  const name = `${placement} ${key} ${layoutsKey(layouts)}`;
  return kept(programs, PROGRAMS_MAX, name, () => compileStage(stage, layouts, placement));
}

/** The vector loop of aggregates without keys for a partition, where there can be one. */
export function totalsFor(
  stage: Stage,
  block: Block,
  aggregates: readonly AggregateSpec[],
): LaneTotals | undefined {
  const { inputs, key } = factsOf(stage);
  const layouts = layoutsOf(block, inputs);
  const functions = aggregates.map(
    ({ fn, arg }) => `${fn}${arg === undefined ? "" : dtypeKey(arg)}`,
  );
  const name = `${functions.join(" ")} ${key} ${layoutsKey(layouts)}`;
  const found = kept(totals, LANE_TOTALS_MAX, name, () => {
    const loop = hasVectors() ? compileTotals(stage, aggregates, layouts) : undefined;
    return loop === undefined ? "none" : startTotals(loop);
  });
  return found === "none" ? undefined : found;
}

/** What is kept under a name, or is made and kept; the oldest makes room. */
function kept<T>(cache: Map<string, T>, max: number, name: string, make: () => T): T {
  const known = cache.get(name);
  const value = known ?? make();
  // The one that was not used for the longest time stands first.
  if (known !== undefined) cache.delete(name);
  else if (cache.size >= max) cache.delete(cache.keys().next().value as string);
  cache.set(name, value);
  return value;
}

function factsOf(stage: Stage): StageFacts {
  let known = facts.get(stage);
  if (known === undefined) {
    const tokens = stage.outputs.map(({ value }) => value.token);
    const key = [stage.filter?.token ?? "", ...tokens].join(" ");
    known = { inputs: inputsOf(stage), key };
    facts.set(stage, known);
  }
  return known;
}
