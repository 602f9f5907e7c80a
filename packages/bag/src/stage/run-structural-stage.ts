import { declareExports } from "@millrace/closure/tasks";
import type { StageOp } from "./ops.ts";
import { joinsStages, runWith } from "./run-stage.ts";
import { structuralTerminal } from "./structural-terminals.ts";

/** The step function of stages that end in a structural terminal; else as `runStage`. */
export function runStructuralStage(
  block: unknown,
  stage: readonly StageOp[],
  partition: number,
  ...broadcast: readonly unknown[]
): unknown {
  return runWith(structuralTerminal, block, stage, partition, broadcast);
}

joinsStages(runStructuralStage);
declareExports(import.meta.url, { runStructuralStage }, { package: "@millrace/bag" });
