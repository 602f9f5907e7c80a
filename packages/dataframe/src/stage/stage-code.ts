import type { Field } from "../dtype.ts";
import { layoutsOfFields } from "./column-layout.ts";
import { compileStage } from "./program.ts";
import type { Stage } from "./stage.ts";

/**
 * The functions that are generated for a stage, as they are for columns without nulls, texts of the
 * dtype `dictionary` as codes and others plain. What a partition has decides which ones it runs.
 */
export function stageCode(stage: Stage, fields: readonly Field[]): string {
  return compileStage(stage, layoutsOfFields(fields), "dense").source;
}
