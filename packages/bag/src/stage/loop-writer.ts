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
  #extra = 0;
  #value = 0;

  constructor(parts: StageParts, terminal: Terminal) {
    this.#parts = parts;
    this.#terminal = terminal;
  }

  write(): string {
    const { inline } = this.#terminal;
    for (const [name, value] of Object.entries(inline?.scope ?? {})) this.#use(name, value);
    return [
      '"use strict";',
      "return function stage(items, start, end, acc, b) {",
      ...(inline?.enter === undefined ? [] : [`  ${inline.enter}`]),
      // From 0 to the length of the array itself the engine drops its own check of the index.
      this.#isRange
        ? "  for (let i0 = start; i0 < end; i0++) {"
        : "  for (let i0 = 0; i0 < items.length; i0++) {",
      `    const v0 = ${this.#isRange ? "i0" : "items[i0]"};`,
      indent(this.#from(0), 4),
      "  }",
      `  return ${this.#acc};`,
      "};",
    ].join("\n");
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

  /** The statements for operation `k` and all behind it, inside the innermost open loop. */
  #from(k: number): string {
    const op = this.#parts.ops[k];
    const v = `v${this.#value}`;
    if (op === undefined) return this.#finish(k, v);
    const call = this.#call(k, op, v);
    switch (op.kind) {
      case "map":
      case "starmap": {
        const next = `v${++this.#value}`;
        return join(`const ${next} = ${call};`, this.#suspend(k, v, next), this.#from(k + 1));
      }
      case "pluck":
        return join(`const v${++this.#value} = ${call};`, this.#from(k + 1));
      case "filter": {
        const given = `g${k}`;
        const drop = `if (${op.keep ? "!" : ""}${given}) continue;`;
        const suspend = this.#suspend(k, v, given);
        return join(`const ${given} = ${call};`, suspend, drop, this.#from(k + 1));
      }
      case "sample":
        return join(`if (!${call}) continue;`, this.#from(k + 1));
      case "flatMap":
      case "flatten":
        return this.#nested(k, op.kind, v, call);
    }
  }

  /** Opens a loop over what an operation gave; what is no array comes in pieces. */
  #nested(k: number, kind: "flatMap" | "flatten", v: string, call: string): string {
    const level = this.#entries.length;
    const [g, p, a, i] = [`g${k}`, `p${level}`, `a${level}`, `i${level}`];
    const suspend = this.#suspend(k, v, g, this.#use("isAsync", isAsync));
    const open = `${this.#use("piecesOf", piecesOf)}("${kind}", ${g})`;
    this.#entries.push(k + 1);
    const next = `v${++this.#value}`;
    return join(
      `const ${g} = ${call};`,
      `let ${p}, ${a} = ${g};`,
      `if (!Array.isArray(${g})) {`,
      indent(suspend, 2),
      `  ${p} = ${open};`,
      `  ${a} = ${p}.next();`,
      "}",
      "try {",
      `  while (${a} !== undefined) {`,
      `    for (let ${i} = 0; ${i} < ${a}.length; ${i}++) {`,
      `      const ${next} = ${a}[${i}];`,
      indent(this.#from(k + 1), 6),
      "    }",
      `    ${a} = ${p} === undefined ? undefined : ${p}.next();`,
      "  }",
      "} catch (error) {",
      `  if (${p} !== undefined) ${p}.abandon();`,
      "  throw error;",
      "}",
    );
  }

  #finish(k: number, v: string): string {
    const { key, step, inline, done } = this.#terminal;
    if (inline !== undefined) return inline.step.replace(/\bv\b/g, v);
    const leave = done === undefined ? "" : this.#leave(this.#use("done", done));
    const lines: string[] = [];
    if (key !== undefined) {
      lines.push(`const key = ${this.#use("keyOf", key)}(${v});`, this.#suspend(k, v, "key"));
    }
    const args = key === undefined ? `acc, ${v}` : `acc, ${v}, key`;
    lines.push(`const next = ${this.#use("step", step)}(${args});`);
    // Only folds give promises, and then without a key or after it.
    lines.push(this.#suspend(k + 1, v, "next"), "acc = next;", leave);
    return join(...lines);
  }

  /** Ends all loops once the terminal needs no more. */
  #leave(done: string): string {
    const closes = this.#entries
      .map((_, level) => `p${level}`)
      .slice(1)
      .map((p) => `if (${p} !== undefined) ${p}.close();`);
    if (closes.length === 0) return `if (${done}(acc)) return acc;`;
    return join(`if (${done}(acc)) {`, indent(join(...closes.reverse(), "return acc;"), 2), "}");
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
  #suspend(k: number, v: string, given: string, test?: string): string {
    const isHeld = test ?? this.#use("isPending", isPending);
    const frames = this.#entries.map((op, level) => {
      const items = level > 0 ? `a${level}` : this.#isRange ? "undefined" : "items";
      const end = level > 0 ? `a${level}.length` : this.#isRange ? "end" : "items.length";
      const pieces = level > 0 ? `p${level}` : "undefined";
      const left = `items: ${items}, start: i${level} + 1, end: ${end}`;
      return `{ op: ${op}, ${left}, pieces: ${pieces} },`;
    });
    const suspended = this.#use("Suspended", Suspended);
    return join(
      `if (typeof ${given} === "object" && ${isHeld}(${given})) {`,
      `  return new ${suspended}(${k}, ${v}, ${given}, ${this.#acc}, [`,
      indent(frames.join("\n"), 4),
      "  ]);",
      "}",
    );
  }
}

function join(...lines: readonly string[]): string {
  return lines.filter((line) => line !== "").join("\n");
}

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}
