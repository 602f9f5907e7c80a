import { revive } from "@millrace/closure/tasks";
import type { Arg, Program, TaskFunction } from "@millrace/graph/tasks";
import { absorbSteps, makeProgram, mapLeaves, ownFunctions } from "@millrace/graph/tasks";
import { blockBytes } from "../../codec/block.ts";
import { decodeValue } from "../../codec/decode-value.ts";
import { preparationFor } from "../../codec/preparation.ts";
import type { FunctionName, ShippedFunction, ShippedProgram } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import { letGo } from "../store/reclaim-memory.ts";
import type { LeakListener } from "./running-task.ts";
import { taskContextHook } from "./task-context.ts";
import type { PostedValue } from "./thread-messages.ts";

const hook = taskContextHook();
/** What a task asks for, of which the thread must know before it runs. */
const asking = ["getWorker", "getClient", "secede", "uploaded"];

/** The code that a thread has: functions by name, revived once, and the programs that call them. */
export class ThreadPrograms {
  readonly #functions = new Map<FunctionName, Promise<TaskFunction>>();
  /** A program is a promise until its functions are there, or the reason why it cannot be run. */
  readonly #programs = new Map<number, Program | Promise<Program>>();
  readonly #listener: Pick<LeakListener, "loading" | "loaded"> | undefined;

  constructor(listener?: Pick<LeakListener, "loading" | "loaded">) {
    this.#listener = listener;
  }

  /** Begins to make functions and programs; a failure is told to whoever wants the program. */
  define(functions: readonly ShippedFunction[], programs: readonly ProgramDefinition[]): void {
    if (functions.length + programs.length > 0) this.#listener?.loading();
    for (const { name, bytes } of functions) {
      // It may come to ask, by an import of its own while it runs.
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      hook.isUsed ||= asking.some((each) => text.includes(each));
      const made = revive<TaskFunction>(bytes);
      // Told to whoever wants the program.
      made.catch(() => undefined);
      this.#functions.set(name, made);
    }
    for (const { program, spec } of programs) {
      const made = this.#make(spec);
      this.#programs.set(program, made);
      made.then(
        (ready) => {
          this.#programs.set(program, ready);
          this.#listener?.loaded();
        },
        () => this.#listener?.loaded(),
      );
    }
  }

  forget(programs: readonly number[], functions: readonly FunctionName[]): void {
    for (const program of programs) this.#programs.delete(program);
    for (const name of functions) this.#functions.delete(name);
  }

  /** A program; a promise of it where its functions are not there yet. */
  get(program: number): Program | Promise<Program> {
    const found = this.#programs.get(program);
    if (found === undefined) throw new Error(`a thread has no program ${program}`);
    return found;
  }

  async #make({ steps, inputCount, constantCount }: ShippedProgram): Promise<Program> {
    const revived = await Promise.all(
      steps.map(async ({ fn, args }) => ({
        fn: await this.#function(fn),
        args: await Promise.all(args.map((arg) => this.#revived(arg))),
      })),
    );
    return makeProgram(absorbSteps(revived), inputCount, constantCount);
  }

  /** An argument with the values written into it alive. */
  async #revived(arg: Arg): Promise<Arg> {
    const literals = new Map<unknown, unknown>();
    const waiting: Promise<void>[] = [];
    mapLeaves(arg, (leaf) => {
      if (leaf.kind === "literal" && isShipped(leaf.value)) {
        const { value } = leaf;
        waiting.push(this.#keep(value, literals));
      }
      return leaf;
    });
    if (waiting.length === 0) return arg;
    await Promise.all(waiting);
    return mapLeaves(arg, (leaf) =>
      leaf.kind === "literal" && literals.has(leaf.value)
        ? { kind: "literal", value: literals.get(leaf.value) }
        : leaf,
    );
  }

  async #keep(value: PostedValue, literals: Map<unknown, unknown>): Promise<void> {
    literals.set(value, await this.value(value));
  }

  /**
   * A shipped value, alive, with the functions in it; a promise of it where something must come.
   */
  value(value: PostedValue): unknown {
    // Few tasks read it, then it is garbage.
    letGo(blockBytes(value.block));
    const preparation = preparationFor(value.block);
    if (value.functions.length === 0 && preparation === undefined) return decodeValue(value.block);
    return this.#prepared(value, preparation);
  }

  async #prepared(
    { block, functions, isMade }: PostedValue,
    preparation: Promise<void> | undefined,
  ): Promise<unknown> {
    await preparation;
    const alive = await Promise.all(functions.map((name) => this.#function(name)));
    const value = decodeValue(block, { functions: { functionAt: (ref) => alive[ref] } });
    return isMade ? (value as () => unknown)() : value;
  }

  async #function(name: FunctionName): Promise<TaskFunction> {
    const own = (ownFunctions as Readonly<Record<string, TaskFunction>>)[name];
    const found = own ?? (await this.#functions.get(name));
    if (found === undefined) throw new Error(`a thread has no function ${name}`);
    return found;
  }
}

/** Whether a value in a message is a shipped one; plain values that travel so are no objects. */
export function isShipped(value: unknown): value is PostedValue {
  return typeof value === "object" && value !== null;
}
