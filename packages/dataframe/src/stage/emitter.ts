import type { Typed } from "../expr/typed.ts";
import type { ColumnLayout } from "./column-layout.ts";
import type { KernelName } from "./kernels.ts";
import type { Slots, SlotMaker } from "./slots.ts";
import type { Value } from "./value.ts";

/** What all functions of a program share while they are written. */
export interface ProgramParts {
  readonly slots: Slots;
  readonly layouts: ReadonlyMap<string, ColumnLayout>;
  /** Kernels that are called. */
  readonly kernels: Set<KernelName>;
  /** Functions that stand before the loops. */
  readonly functions: string[];
  /** Those that work a node out for a code. */
  readonly fillers: Map<Typed, Filler>;
}

/** A function that works a node out for a code and puts it into a table. */
export interface Filler {
  readonly name: string;
  readonly isNullable: boolean;
}

/** Lines that are written to one place, with the values that are known there. */
interface Scope {
  readonly lines: string[];
  readonly values: Map<Typed | string, Value>;
}

/** Lines that may or may not run, and the value that they leave. */
export interface Branch {
  readonly lines: readonly string[];
  readonly value: Value;
}

/**
 * Writes the body of one generated function, the work for one row. A node is written once where it
 * is needed first; what was written in a branch is not known outside of it.
 */
export class Emitter {
  readonly program: ProgramParts;
  /** 64 bits are bigints; otherwise numbers, and the loop gives up where these are not exact. */
  readonly exact: boolean;
  /** Values of 64 bits occur, so that the two variants differ. */
  wide = false;
  /** A constant is no safe number, so that only the exact variant is right. */
  unfit = false;
  /** Functions are called. */
  calls = false;
  /** Texts are made in the scratch of the thread. */
  scratch = false;
  /** The body is that of a filler: what it reads is known to be one text. */
  readonly isFiller: boolean;
  readonly #emit: (emitter: Emitter, node: Typed) => Value;
  readonly #used = new Set<string>();
  readonly #scopes: Scope[] = [{ lines: [], values: new Map() }];

  constructor(
    program: ProgramParts,
    exact: boolean,
    emit: (emitter: Emitter, node: Typed) => Value,
    isFiller = false,
  ) {
    this.program = program;
    this.exact = exact;
    this.#emit = emit;
    this.isFiller = isFiller;
  }

  /** Where the value of a node is; writes what works it out. */
  value(node: Typed): Value {
    return this.once(node, () => this.#emit(this, node));
  }

  /** A value that is worked out once, by a node or a text that stands for it. */
  once(key: Typed | string, make: () => Value): Value {
    for (const { values } of this.#scopes) {
      const known = values.get(key);
      if (known !== undefined) return known;
    }
    const value = make();
    this.#scope.values.set(key, value);
    return value;
  }

  /** Tells of a value that is there already. */
  know(node: Typed, value: Value): void {
    this.#scope.values.set(node, value);
  }

  line(text: string): void {
    this.#scope.lines.push(text);
  }

  /** A new constant of the row; a name or number stands for itself. */
  declare(hint: string, expression: string): string {
    if (/^(\w+|-?[\d.]+n?)$/.test(expression)) return expression;
    const name = this.program.slots.name(hint);
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  /** Declares a value whose parts are expressions. */
  declareValue(hint: string, { form, parts, ok, dictionary }: Value): Value {
    const names = parts.map((part) => this.declare(hint, part));
    return { form, parts: names, ok: this.declareOk(ok), dictionary };
  }

  /** Declares an expression of validity. */
  declareOk(ok: string | undefined): string | undefined {
    return ok === undefined ? undefined : this.declare("ok", ok);
  }

  /** Writes to a branch; the caller places its lines. */
  branch(write: () => Value): Branch {
    this.#scopes.push({ lines: [], values: new Map() });
    const value = write();
    const { lines } = this.#scopes.pop() as Scope;
    return { lines, value };
  }

  /** Lines under a head, such as `if (…) {`. */
  nest(head: string, lines: readonly string[], tail = "}"): void {
    this.line(head);
    for (const line of lines) this.line(`  ${line}`);
    this.line(tail);
  }

  slot(key: string, hint: string, make: SlotMaker): string {
    const name = this.program.slots.slot(key, hint, make);
    this.#used.add(name);
    return name;
  }

  constant(value: unknown, hint: string): string {
    return this.program.slots.constant(value, hint);
  }

  kernel(name: KernelName): KernelName {
    this.calls = true;
    this.program.kernels.add(name);
    return name;
  }

  /** The arrays that the function reads, declared. */
  heads(): string[] {
    const { slots } = this.program;
    return [...this.#used].map((name) => `const ${name} = ${slots.headOf(name)};`);
  }

  /** All lines of the body. */
  get lines(): readonly string[] {
    return this.#scope.lines;
  }

  get #scope(): Scope {
    return this.#scopes.at(-1) as Scope;
  }
}
