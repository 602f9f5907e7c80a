import type { Field } from "../dtype.ts";
import type { AggregateSpec } from "../kernels/group/aggregate-spec.ts";
import { layoutsOfFields } from "./column-layout.ts";
import { compileStage } from "./program.ts";
import { compileTotals } from "./simd/totals-loop.ts";
import type { Stage } from "./stage.ts";

/**
 * The functions that are generated for a stage, as they are for columns without nulls, texts of the
 * dtype `dictionary` as codes and others plain. What a partition has decides which ones it runs.
 * Of aggregates without keys there is the vector loop too, if they have one.
 */
export function stageCode(
  stage: Stage,
  fields: readonly Field[],
  totals?: readonly AggregateSpec[],
): string {
  const layouts = layoutsOfFields(fields);
  const { source } = compileStage(stage, layouts, "dense");
  const loop = totals && compileTotals(stage, totals, layouts);
  if (loop === undefined) return source;
  const lines = ["In lanes of WebAssembly, where a partition has many rows:", ...loop.text];
  return [source, ...lines.map((line) => `// ${line}`)].join("\n");
}
