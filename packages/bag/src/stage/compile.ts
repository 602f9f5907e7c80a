import { interpretedLoop } from "./interpret.ts";
import { LoopWriter } from "./loop-writer.ts";
import type { StageOp, StageParts, StructuralOp } from "./ops.ts";
import { isStructural, partsOf } from "./ops.ts";
import type { Loop } from "./suspended.ts";
import type { Terminal } from "./terminals.ts";
import { makeTerminal } from "./terminals.ts";

/** A stage ready to run. */
export interface Compiled {
  readonly parts: StageParts;
  readonly terminal: Terminal;
  readonly loop: Loop;
}

const known = new WeakMap<readonly StageOp[], Compiled>();

/** Makes the terminals of some operations; where nobody does, no stage has one. */
export type MakeStructural = ((op: StructuralOp) => Terminal) | undefined;

/** Compiles a stage, once for each array of operations: all tasks of a layer share theirs. */
export function compileStage(stage: readonly StageOp[], structural: MakeStructural): Compiled {
  let compiled = known.get(stage);
  if (compiled === undefined) {
    const parts = partsOf(stage);
    const terminal = terminalOf(parts, structural);
    const loop = generatedLoop(parts, terminal) ?? interpretedLoop(parts, terminal);
    compiled = { parts, terminal, loop };
    known.set(stage, compiled);
  }
  return compiled;
}

function terminalOf({ terminal }: StageParts, structural: MakeStructural): Terminal {
  if (!isStructural(terminal)) return makeTerminal(terminal);
  if (structural === undefined) throw new Error(`runStage has no terminal ${terminal.kind}`);
  return structural(terminal);
}

let stageCount = 0;
/** V8 optimizes no function of more than 60 KB of bytecode, that of some 800 operations. */
const operationsGeneratedMax = 500;
/** Loops inside of each other: each place where they may stop names all of them. */
const loopsGeneratedMax = 32;

/**
 * The loop as a function of its own: the engine then sees one callback at each place and inlines
 * it. The number makes the text unlike any other: functions made of equal texts share one record
 * of the callees that they have met, and with two in it V8 inlines none of them. Undefined where
 * no code may be generated (`--disallow-code-generation-from-strings`) or too much would be.
 */
function generatedLoop(parts: StageParts, terminal: Terminal): Loop | undefined {
  if (parts.ops.length > operationsGeneratedMax) return undefined;
  const loops = parts.ops.filter(({ kind }) => kind === "flatMap" || kind === "flatten");
  if (loops.length > loopsGeneratedMax) return undefined;
  const writer = new LoopWriter(parts, terminal);
  const source = writer.write();
  const text = `${source}\n//# sourceURL=millrace-stage-${++stageCount}`;
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- text of our own, see LoopWriter
    const build = new Function(...writer.scope.keys(), text) as (...scope: unknown[]) => Loop;
    return build(...writer.scope.values());
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** The loop of a stage as text, for people to read; of one without a structural terminal. */
export function explainStage(stage: readonly StageOp[]): string {
  const parts = partsOf(stage);
  return new LoopWriter(parts, terminalOf(parts, undefined)).write();
}
