import type { ProcessExit } from "./nanny-events.ts";
import { exitCodes } from "./nanny-events.ts";

/** What a worker died of. */
export interface ExitReason {
  readonly kind: "out-of-memory" | "heap-limit" | "signal" | "exit" | "distrusted" | "not-spawned";
  /** For people: one line. */
  readonly text: string;
}

/** What the nanny knows of the memory of the process. */
export interface MemoryFacts {
  readonly peakBytes: number;
  readonly limitBytes: number;
  /** Whether it was killed for it. */
  readonly isOver: boolean;
}

const HEAP = /heap limit|heap out of memory/i;
/** As shells count them. */
const ABORTED = 134;

/** Why a process ended, as far as it can be told from outside. */
export function exitReason(exit: ProcessExit, memory: MemoryFacts): ExitReason {
  const { code, signal, stderr } = exit;
  const peak = `at most ${mib(memory.peakBytes)} were seen`;
  const limit = Number.isFinite(memory.limitBytes)
    ? ` of a limit of ${mib(memory.limitBytes)}`
    : "";
  if (memory.isOver && signal === "SIGKILL") {
    return {
      kind: "out-of-memory",
      text: `out of memory: ${mib(memory.peakBytes)}${limit} were taken, and it was killed`,
    };
  }
  const isAborted = signal === "SIGABRT" || code === ABORTED;
  if (isAborted && HEAP.test(stderr)) {
    return {
      kind: "heap-limit",
      text:
        `out of memory: exit ${ABORTED}, the heap limit of JavaScript was reached; ` + peak + limit,
    };
  }
  if (signal === "SIGKILL") {
    return {
      kind: "signal",
      text:
        "signal SIGKILL of somebody else, the system perhaps for want of memory; " + peak + limit,
    };
  }
  if (signal !== undefined) return { kind: "signal", text: `signal ${signal}` };
  if (code === exitCodes.distrusted) {
    return { kind: "distrusted", text: "distrust: others did not get what it claimed to hold" };
  }
  return { kind: "exit", text: `exit ${code ?? "without a code"}` };
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
