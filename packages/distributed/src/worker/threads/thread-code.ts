import type { Arg } from "@millrace/graph/tasks";
import { forEachLeaf } from "@millrace/graph/tasks";
import type { FunctionName, ShippedFunction } from "../../messages/shipped.ts";
import { ShippedValue } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import type { RunnableTask } from "../worker-events.ts";
import type { Definitions } from "./task-thread.ts";

/** The code that a worker has been sent, for threads that need it. */
export class ThreadCode {
  readonly #functions = new Map<FunctionName, ShippedFunction>();
  readonly #programs = new Map<number, Definitions>();

  define(programs: readonly ProgramDefinition[], functions: readonly ShippedFunction[]): void {
    for (const shipped of functions) this.#functions.set(shipped.name, shipped);
    for (const program of programs) {
      const names = new Set<FunctionName>();
      for (const { fn, args } of program.spec.steps) {
        names.add(fn);
        for (const arg of args) forEachLeaf(arg, (leaf) => addFunctions(leaf, names));
      }
      this.#programs.set(program.program, { program, functions: this.#found(names) });
    }
  }

  forget(programs: readonly number[], functions: readonly FunctionName[]): void {
    for (const program of programs) this.#programs.delete(program);
    for (const name of functions) this.#functions.delete(name);
  }

  /** What a task needs. */
  of({ program, constants }: RunnableTask): Definitions {
    const code = this.#programs.get(program);
    if (code === undefined) throw new Error(`the worker was not told of program ${program}`);
    // Most tasks have plain constants, and then nothing is made for each.
    if (!constants.some(isShipped)) return code;
    const names = constants.filter(isShipped).flatMap(({ functions }) => functions);
    return { ...code, functions: [...code.functions, ...this.#found(names)] };
  }

  /** Functions of graph itself are not sent: every thread has them. */
  #found(names: Iterable<FunctionName>): ShippedFunction[] {
    return Array.from(names, (name) => this.#functions.get(name)).filter(
      (shipped) => shipped !== undefined,
    );
  }
}

function isShipped(value: unknown): value is ShippedValue {
  return value instanceof ShippedValue;
}

function addFunctions(leaf: Arg, names: Set<FunctionName>): void {
  if (leaf.kind !== "literal" || !(leaf.value instanceof ShippedValue)) return;
  for (const name of leaf.value.functions) names.add(name);
}
