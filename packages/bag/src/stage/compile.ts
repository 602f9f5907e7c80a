import { chunksOf, pluckWith } from "./elements.ts";
import type { ElementOp, StageOp } from "./ops.ts";
import { elementOps, extraOf, sourceOf, terminalOf } from "./ops.ts";
import type { Terminal } from "./terminals.ts";
import { isPending, makeTerminal } from "./terminals.ts";

/** The rest of one loop: elements that enter at operation `op`. */
export interface Frame {
  readonly op: number;
  /** The array being worked on; undefined for a range of numbers. */
  readonly items: readonly unknown[] | undefined;
  readonly start: number;
  readonly end: number;
  readonly more: Iterator<readonly unknown[], undefined> | undefined;
}

/** Where a loop stopped because a callback gave a promise. */
export class Suspended {
  /** The operation whose callback it was; the number of operations for the terminal. */
  readonly op: number;
  readonly value: unknown;
  readonly pending: PromiseLike<unknown>;
  /** The accumulator before this element. */
  readonly acc: unknown;
  /** What is left to do of every open loop, the outermost first. */
  readonly frames: readonly Frame[];

  constructor(
    op: number,
    value: unknown,
    pending: PromiseLike<unknown>,
    acc: unknown,
    frames: readonly Frame[],
  ) {
    this.op = op;
    this.value = value;
    this.pending = pending;
    this.acc = acc;
    this.frames = frames;
  }
}

/**
 * Runs elements through the operations into `acc`: `items[start]` to `items[end - 1]`, or, without items,
 * the numbers from `start` to `end - 1`. `b` holds the broadcast values. Gives the accumulator, or where it
 * had to stop.
 */
export type Loop = (
  items: readonly unknown[] | undefined,
  start: number,
  end: number,
  acc: unknown,
  b: readonly unknown[],
) => unknown;

/** A stage ready to run. */
export interface Compiled {
  readonly ops: readonly ElementOp[];
  readonly terminal: Terminal;
  /** Undefined where code may not be generated: everything then goes element by element. */
  readonly loop: Loop | undefined;
}

const compiled = new WeakMap<readonly StageOp[], Compiled>();

/**
 * Writes the loop of a stage as JavaScript and compiles it, once for each stage: with a function of its own
 * the engine sees which callbacks run and can inline them. The text is made of operation kinds alone; what
 * users give comes in as arguments.
 */
export function compileStage(ops: readonly StageOp[]): Compiled {
  let known = compiled.get(ops);
  if (known === undefined) {
    const terminal = makeTerminal(terminalOf(ops));
    known = { ops: elementOps(ops), terminal, loop: compileLoop(ops, terminal) };
    compiled.set(ops, known);
  }
  return known;
}

function compileLoop(ops: readonly StageOp[], terminal: Terminal): Loop | undefined {
  const writer = new LoopWriter(ops, terminal);
  const source = writer.write();
  try {
    const build = new Function(...writer.parts.keys(), source) as (...values: unknown[]) => Loop;
    return build(...writer.parts.values());
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** The loop of a stage as text, for people to read. */
export function explainStage(ops: readonly StageOp[]): string {
  return new LoopWriter(ops, makeTerminal(terminalOf(ops))).write();
}

class LoopWriter {
  /** What the text refers to, by name. */
  readonly parts = new Map<string, unknown>();
  readonly #ops: readonly ElementOp[];
  readonly #isRange: boolean;
  readonly #terminal: Terminal;
  /** For each open loop inside the outermost, the operation that its elements enter at. */
  readonly #entries: number[] = [0];
  #extra = 0;
  #value = 0;

  constructor(ops: readonly StageOp[], terminal: Terminal) {
    this.#ops = elementOps(ops);
    this.#isRange = sourceOf(ops)?.kind === "range";
    this.#terminal = terminal;
  }

  write(): string {
    this.#add("Suspended", Suspended);
    this.#add("isPending", isPending);
    const first = this.#isRange ? "i0" : "items[i0]";
    return `"use strict";
return function stage(items, start, end, acc, b) {
  for (let i0 = start; i0 < end; i0++) {
    const v0 = ${first};
${indent(this.#from(0), 4)}
  }
  return acc;
};`;
  }

  #add(name: string, value: unknown): string {
    this.parts.set(name, value);
    return name;
  }

  /** The statements for operation `k` and all behind it, inside the innermost open loop. */
  #from(k: number): string {
    const op = this.#ops[k];
    const v = `v${this.#value}`;
    if (op === undefined) return this.#finish(k, v);
    const call = this.#call(k, op, v);
    const given = `g${k}`;
    switch (op.kind) {
      case "map":
      case "starmap":
      case "pluck": {
        const next = `v${++this.#value}`;
        const check = op.kind === "pluck" ? "" : this.#suspend(k, v, next);
        return `const ${next} = ${call};\n${check}${this.#from(k + 1)}`;
      }
      case "filter":
        return (
          `const ${given} = ${call};\n${this.#suspend(k, v, given)}` +
          `if (${op.keep ? "!" : ""}${given}) continue;\n${this.#from(k + 1)}`
        );
      case "sample":
        return `if (!${call}) continue;\n${this.#from(k + 1)}`;
      case "flatMap":
      case "flatten": {
        const check = op.kind === "flatMap" ? this.#suspend(k, v, given) : "";
        return `const ${given} = ${call};\n${check}${this.#nested(k, op.kind, given)}`;
      }
    }
  }

  /** Opens a loop over what an operation gave; iterables that are no arrays come in pieces. */
  #nested(k: number, kind: "flatMap" | "flatten", given: string): string {
    const level = this.#entries.push(k + 1) - 1;
    const chunks = this.#add("chunksOf", chunksOf);
    const next = `v${++this.#value}`;
    return `const m${level} = Array.isArray(${given}) ? undefined : ${chunks}("${kind}", ${given});
let a${level} = m${level} === undefined ? ${given} : m${level}.next().value;
while (a${level} !== undefined) {
  for (let i${level} = 0; i${level} < a${level}.length; i${level}++) {
    const ${next} = a${level}[i${level}];
${indent(this.#from(k + 1), 4)}
  }
  a${level} = m${level} === undefined ? undefined : m${level}.next().value;
}`;
  }

  #finish(k: number, v: string): string {
    const { done, source, step } = this.#terminal;
    const check = done === undefined ? "" : `\nif (${this.#add("done", done)}(acc)) return acc;`;
    if (source !== undefined) return `acc = ${source.replace(/\bv\b/g, v)};${check}`;
    return (
      `const next = ${this.#add("step", step)}(acc, ${v});\n` +
      `${this.#suspend(k, v, "next")}acc = next;${check}`
    );
  }

  #call(k: number, op: ElementOp, v: string): string {
    const extras = Array.from({ length: extraOf(op) }, () => `b[${this.#extra++}]`);
    switch (op.kind) {
      case "flatten":
        return v;
      case "sample":
        return `${extras.join()}()`;
      case "pluck":
        return `${this.#add(`f${k}`, pluckWith(op))}(${v})`;
      case "starmap":
        return `${this.#add(`f${k}`, op.fn)}(...${v})`;
      default:
        return `${this.#add(`f${k}`, op.fn)}(${[v, ...extras].join(", ")})`;
    }
  }

  /** Stops the loops when `result` is a promise; numbers and texts pay one comparison of types. */
  #suspend(k: number, v: string, result: string): string {
    const frames = this.#entries.map((op, level) => {
      const [items, end] =
        level === 0
          ? [this.#isRange ? "undefined" : "items", "end"]
          : [`a${level}`, `a${level}.length`];
      const more = level === 0 ? "undefined" : `m${level}`;
      return `{ op: ${op}, items: ${items}, start: i${level} + 1, end: ${end}, more: ${more} }`;
    });
    return (
      `if (typeof ${result} === "object" && isPending(${result})) {\n` +
      `  return new Suspended(${k}, ${v}, ${result}, acc, [${frames.join(", ")}]);\n}\n`
    );
  }
}

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}
