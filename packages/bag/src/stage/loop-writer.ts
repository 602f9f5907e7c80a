import { functionOf } from "./calls.ts";
import type { ElementOp, StageParts } from "./ops.ts";
import { extraOf } from "./ops.ts";
import { piecesOf, iterableOf } from "./pieces.ts";
import { isAsync, isPending } from "./settled.ts";
import { Suspended } from "./suspended.ts";
import type { Terminal } from "./terminals.ts";

/**
 * Writes the loop of a stage as JavaScript. The text is made of kinds of operations and numbers
 * alone: whatever a user gave is reached through `scope`, by name, so nothing a user wrote
 * becomes code.
 */
export class LoopWriter {
  /** What the text refers to. */
  readonly scope: Map<string, unknown> = new Map<string, unknown>();
  readonly #parts: StageParts;
  readonly #terminal: Terminal;
  /** For each open loop, the operation that its elements enter at. */
  readonly #entries: number[] = [0];
  readonly #lines: string[] = [];
  #indent = "";
  #extra = 0;
  #value = 0;

  constructor(parts: StageParts, terminal: Terminal) {
    this.#parts = parts;
    this.#terminal = terminal;
  }

  write(): string {
    const { inline } = this.#terminal;
    for (const [name, value] of Object.entries(inline?.scope ?? {})) this.#use(name, value);
    this.#add('"use strict";');
    this.#open("return function stage(items, start, end, acc, b) {");
    if (inline?.enter !== undefined) this.#add(inline.enter);
    // From 0 to the length of the array itself the engine drops its own check of the index.
    this.#open(
      this.#isRange
        ? "for (let i0 = start; i0 < end; i0++) {"
        : "for (let i0 = 0; i0 < items.length; i0++) {",
    );
    this.#add(`const v0 = ${this.#isRange ? "i0" : "items[i0]"};`);
    this.#parts.ops.forEach((op, k) => this.#operation(k, op));
    this.#finish(this.#parts.ops.length, `v${this.#value}`);
    for (let level = this.#entries.length - 1; level > 0; level--) this.#closeNested(level);
    this.#close("}");
    this.#add(`return ${this.#acc};`);
    this.#close("};");
    return this.#lines.join("\n");
  }

  #add(...lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(`${this.#indent}${line}`);
  }

  #open(line: string): void {
    this.#add(line);
    this.#indent += "  ";
  }

  #close(line: string): void {
    this.#indent = this.#indent.slice(2);
    this.#add(line);
  }

  /** The accumulator as it is now. */
  get #acc(): string {
    return this.#terminal.inline?.value ?? "acc";
  }

  get #isRange(): boolean {
    return this.#parts.source?.kind === "range";
  }

  #use(name: string, value: unknown): string {
    this.scope.set(name, value);
    return name;
  }

  /** The statements of one operation, inside the innermost open loop. */
  #operation(k: number, op: ElementOp): void {
    const v = `v${this.#value}`;
    const call = this.#call(k, op, v);
    switch (op.kind) {
      case "map":
      case "starmap": {
        const next = `v${++this.#value}`;
        this.#add(`const ${next} = ${call};`);
        return this.#suspend(k, v, next);
      }
      case "pluck":
        return this.#add(`const v${++this.#value} = ${call};`);
      case "filter":
        this.#add(`const g${k} = ${call};`);
        this.#suspend(k, v, `g${k}`);
        return this.#add(`if (${op.keep ? "!" : ""}g${k}) continue;`);
      case "sample":
        return this.#add(`if (!${call}) continue;`);
      case "flatMap":
      case "flatten":
        return this.#openNested(k, op.kind, v, call);
    }
  }

  /** Opens a loop over what an operation gave; what is no array comes in pieces. */
  #openNested(k: number, kind: "flatMap" | "flatten", v: string, call: string): void {
    const level = this.#entries.length;
    const [g, p, a, i] = [`g${k}`, `p${level}`, `a${level}`, `i${level}`];
    this.#add(`const ${g} = ${call};`, `let ${p}, ${a} = ${g};`);
    this.#open(`if (!Array.isArray(${g})) {`);
    this.#suspend(k, v, g, this.#use("isAsync", isAsync));
    this.#add(`${p} = ${this.#use("piecesOf", piecesOf)}("${kind}", ${g});`, `${a} = ${p}.next();`);
    this.#close("}");
    this.#open("try {");
    this.#open(`while (${a} !== undefined) {`);
    this.#open(`for (let ${i} = 0; ${i} < ${a}.length; ${i}++) {`);
    this.#add(`const v${++this.#value} = ${a}[${i}];`);
    this.#entries.push(k + 1);
  }

  #closeNested(level: number): void {
    const [p, a] = [`p${level}`, `a${level}`];
    this.#close("}");
    this.#add(`${a} = ${p} === undefined ? undefined : ${p}.next();`);
    this.#close("}");
    this.#close("} catch (error) {");
    this.#add(`  if (${p} !== undefined) ${p}.abandon();`, "  throw error;", "}");
  }

  #finish(k: number, v: string): void {
    const { key, step, inline, done } = this.#terminal;
    if (inline !== undefined) return this.#add(...inline.step.replace(/\bv\b/g, v).split("\n"));
    if (key !== undefined) {
      this.#add(`const key = ${this.#use("keyOf", key)}(${v});`);
      this.#suspend(k, v, "key");
    }
    const args = key === undefined ? `acc, ${v}` : `acc, ${v}, key`;
    this.#add(`const next = ${this.#use("step", step)}(${args});`);
    // Only folds give promises, and then without a key or after it.
    this.#suspend(k + 1, v, "next");
    this.#add("acc = next;");
    if (done !== undefined) this.#leave(this.#use("done", done));
  }

  /** Ends all loops once the terminal needs no more. */
  #leave(done: string): void {
    if (this.#entries.length === 1) return this.#add(`if (${done}(acc)) return acc;`);
    this.#open(`if (${done}(acc)) {`);
    for (let level = this.#entries.length - 1; level > 0; level--) {
      this.#add(`if (p${level} !== undefined) p${level}.close();`);
    }
    this.#add("return acc;");
    this.#close("}");
  }

  #call(k: number, op: ElementOp, v: string): string {
    const extras = Array.from({ length: extraOf(op) }, () => `b[${this.#extra++}]`);
    if (op.kind === "flatten") return v;
    if (op.kind === "sample") return `${extras.join()}()`;
    const fn = this.#use(`f${k}`, functionOf(op));
    if (op.kind === "pluck" && !op.hasFallback && !Array.isArray(op.key)) {
      return `${v} == null ? ${fn}(${v}) : ${v}[${this.#use(`k${k}`, op.key)}]`;
    }
    if (op.kind !== "starmap") return `${fn}(${[v, ...extras].join(", ")})`;
    const other = `${this.#use("iterableOf", iterableOf)}("starmap", ${v})`;
    return `${fn}(...(Array.isArray(${v}) ? ${v} : ${other}))`;
  }

  /** Stops the loops when `given` is asynchronous; other types pay one comparison. */
  #suspend(k: number, v: string, given: string, test?: string): void {
    const isHeld = test ?? this.#use("isPending", isPending);
    const suspended = this.#use("Suspended", Suspended);
    this.#open(`if (typeof ${given} === "object" && ${isHeld}(${given})) {`);
    this.#open(`return new ${suspended}(${k}, ${v}, ${given}, ${this.#acc}, [`);
    this.#entries.forEach((op, level) => {
      const items = level > 0 ? `a${level}` : this.#isRange ? "undefined" : "items";
      const end = level > 0 ? `a${level}.length` : this.#isRange ? "end" : "items.length";
      const pieces = level > 0 ? `p${level}` : "undefined";
      const left = `items: ${items}, start: i${level} + 1, end: ${end}`;
      this.#add(`{ op: ${op}, ${left}, pieces: ${pieces} },`);
    });
    this.#close("]);");
    this.#close("}");
  }
}
