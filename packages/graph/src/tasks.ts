// The part of this package that code needs which runs in tasks: threads load no more, so that they
// are there soon. The names are those of the whole.
import { registerCutCodec } from "./cut.ts";
import { registerFinalizerCodec } from "./finalizer.ts";
import { registerImmutableCodec } from "./immutable-codec.ts";

export { absorbSteps, absorbs } from "./absorb.ts";
export type { Absorb } from "./absorb.ts";
export { forEachLeaf, mapLeaves } from "./arg.ts";
export type { Arg } from "./arg.ts";
export { Cut, CutPiece, pieceOf } from "./cut.ts";
export type { CutArray, CutPart, Pieces } from "./cut.ts";
export {
  errorClassFor,
  isTaskFault,
  quoteValue,
  registerErrors,
  taskFault,
  timeoutError,
} from "./errors.ts";
export type { ErrorClass, FailedStep } from "./errors.ts";
export { functionLabel, makeProgram, ownFunctions, runGuard, runProgram } from "./program.ts";
export type { Program, RunControl, Step, TaskFunction } from "./program.ts";
export { failedStep } from "./task-failure.ts";

registerCutCodec();
registerFinalizerCodec();
registerImmutableCodec();
