import { declareExports } from "@millrace/closure/tasks";
import type { Block } from "../column.ts";
import { runStage } from "../stage/run-stage.ts";
import type { Stage } from "../stage/stage.ts";

/** A partition through filters and projections. */
export function stageBlock(block: Block, stage: Stage): Block {
  return runStage(block, stage);
}

declareExports(import.meta.url, { stageBlock }, { package: "@millrace/dataframe" });
