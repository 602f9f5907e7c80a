import type { Block } from "../block.ts";
import { HeldOutput, ShippedValue } from "../../messages/shipped.ts";
import type { FunctionName } from "../../messages/shipped.ts";
import type { ByteReader } from "../value/byte-reader.ts";
import { corruptGraph } from "../value/corrupt.ts";
import { listOf, textsOf } from "./description.ts";
import { ObjectCode } from "./format.ts";
import { isFunctionName, isOwnName } from "./function-name.ts";
import { isPlainValue } from "./values-writer.ts";

/** Reads what a `ValuesWriter` gathered. */
export class ValuesReader {
  readonly #values: readonly unknown[];
  readonly #functions: readonly FunctionName[];
  #at = 0;

  constructor(
    [values, isObject, tokens, functions, ...others]: readonly unknown[],
    objects: ByteReader,
    parts: readonly Uint8Array[],
  ) {
    if (others.length > 0) throw corruptGraph("columns that nobody reads");
    this.#functions = textsOf(functions);
    if (!this.#functions.every(isFunctionName)) throw corruptGraph("a name of no function");
    const table = new TableReader(objects, textsOf(tokens), this.#functions, parts);
    this.#values = resolve(listOf(values), isObject, table.read());
  }

  /** How many values are left. */
  get left(): number {
    return this.#values.length - this.#at;
  }

  next(): unknown {
    if (this.left === 0) throw corruptGraph("fewer values than are named");
    return this.#values[this.#at++];
  }

  take(count: number): readonly unknown[] {
    if (count > this.left) throw corruptGraph("fewer values than are named");
    const start = this.#at;
    this.#at += count;
    return this.#values.slice(start, this.#at);
  }

  functionAt(number: number): FunctionName {
    const name = this.#functions[number];
    if (name === undefined) throw corruptGraph("a function that is not named");
    return name;
  }
}

/** The values, checked to be plain, with what the table has in the places where it is meant. */
function resolve(
  values: readonly unknown[],
  isObject: unknown,
  table: readonly unknown[],
): readonly unknown[] {
  if (isObject === undefined) {
    if (table.length > 0) throw corruptGraph("objects in no place");
    return checkPlain(values);
  }
  const marks = listOf(isObject);
  if (marks.length !== values.length) throw corruptGraph("marks for other values");
  checkPlain(values);
  return values.map((value, i) => {
    if (marks[i] === 0) return value;
    const object = table[value as number];
    if (marks[i] !== 1 || typeof value !== "number" || object === undefined) {
      throw corruptGraph("an object that is not there");
    }
    return object;
  });
}

/** The same values, when all are plain. */
export function checkPlain(values: readonly unknown[]): readonly unknown[] {
  for (let i = 0; i < values.length; i++) {
    if (!isPlainValue(values[i])) throw corruptGraph("a value that is not plain");
  }
  return values;
}

/** Reads the values that are not plain. */
class TableReader {
  readonly #input: ByteReader;
  readonly #tokens: readonly string[];
  readonly #functions: readonly FunctionName[];
  readonly #parts: readonly Uint8Array[];
  #token = 0;
  #part = 0;

  constructor(
    input: ByteReader,
    tokens: readonly string[],
    functions: readonly FunctionName[],
    parts: readonly Uint8Array[],
  ) {
    this.#input = input;
    this.#tokens = tokens;
    this.#functions = functions;
    this.#parts = parts;
  }

  read(): readonly (ShippedValue | HeldOutput)[] {
    const input = this.#input;
    const table: (ShippedValue | HeldOutput)[] = [];
    while (input.at < input.end) table.push(this.#object());
    if (this.#token !== this.#tokens.length) throw corruptGraph("tokens of no value");
    if (this.#part !== this.#parts.length) throw corruptGraph("buffers of no value");
    return table;
  }

  #object(): ShippedValue | HeldOutput {
    const input = this.#input;
    const code = input.natural();
    switch (code) {
      case ObjectCode.held:
        return new HeldOutput(input.natural(), input.natural());
      case ObjectCode.shipped:
      case ObjectCode.made: {
        const token = this.#tokens[this.#token++];
        if (token === undefined) throw corruptGraph("a value without a token");
        const functions = Array.from({ length: input.count() }, () => this.#functionName());
        return new ShippedValue(this.#block(), functions, token, code === ObjectCode.made);
      }
      default:
        throw corruptGraph(`an object of the kind ${code}`);
    }
  }

  #functionName(): FunctionName {
    const name = this.#functions[this.#input.natural()];
    // Those of graph are in no value: there they are captured like all others.
    if (name === undefined || isOwnName(name)) throw corruptGraph("a function that is not named");
    return name;
  }

  #block(): Block {
    const bufferCount = this.#input.count();
    const header = this.#bytes();
    return { header, buffers: Array.from({ length: bufferCount }, () => this.#bytes()) };
  }

  #bytes(): Uint8Array {
    const mark = this.#input.natural();
    if (mark > 0) return this.#input.raw(mark - 1);
    const part = this.#parts[this.#part++];
    if (part === undefined) throw corruptGraph("a buffer that is not there");
    return part;
  }
}
