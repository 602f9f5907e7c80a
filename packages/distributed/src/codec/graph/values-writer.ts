import { invalidArgument } from "../../errors.ts";
import type { FunctionName } from "../../messages/shipped.ts";
import { HeldOutput, ShippedValue } from "../../messages/shipped.ts";
import { ByteWriter } from "../value/byte-writer.ts";
import { ObjectCode, PART_BYTES_MIN } from "./format.ts";
import { isFunctionName } from "./function-name.ts";

/**
 * Gathers values on their way to tasks: plain ones in a column, shipped ones in a table, each once
 * however often it comes.
 */
export class ValuesWriter {
  /** Plain values; for others their number in the table. */
  readonly values: unknown[] = [];
  /** For each value whether it is one of the table; undefined while none is. */
  isObject: number[] | undefined;
  /** The table. */
  readonly objects: ByteWriter = new ByteWriter(256);
  readonly tokens: string[] = [];
  readonly functions: FunctionName[] = [];
  /** Bytes that become buffers of the block. */
  readonly parts: Uint8Array[] = [];
  readonly #objectNumbers = new Map<object, number>();
  readonly #functionNumbers = new Map<FunctionName, number>();

  /** The next value. */
  add(value: unknown): void {
    if (isPlainValue(value)) {
      this.isObject?.push(0);
      this.values.push(value);
      return;
    }
    this.isObject ??= new Array<number>(this.values.length).fill(0);
    this.isObject.push(1);
    this.values.push(this.#numberOf(value as object));
  }

  /** The number of a function by its name. */
  functionNumber(name: FunctionName): number {
    let number = this.#functionNumbers.get(name);
    if (number === undefined) {
      if (!isFunctionName(name)) {
        throw invalidArgument(
          "encodeGraph",
          "this names no function",
          JSON.stringify(name),
          "the hash of a captured function, or the name of one of graph's own",
          "Ship the graph first.",
        );
      }
      number = this.functions.push(name) - 1;
      this.#functionNumbers.set(name, number);
    }
    return number;
  }

  #numberOf(value: object): number {
    let number = this.#objectNumbers.get(value);
    if (number === undefined) {
      number = this.#objectNumbers.size;
      this.#objectNumbers.set(value, number);
      this.#write(value);
    }
    return number;
  }

  #write(value: unknown): void {
    const { objects } = this;
    if (value instanceof HeldOutput) {
      objects.natural(ObjectCode.held);
      objects.natural(value.run);
      objects.natural(value.output);
      return;
    }
    if (!(value instanceof ShippedValue)) {
      throw invalidArgument(
        "encodeGraph",
        "a value is not shipped",
        typeof value,
        "plain values, ShippedValues and HeldOutputs",
        "Ship the graph first.",
      );
    }
    const { block, functions, token, isMade } = value;
    objects.natural(isMade ? ObjectCode.made : ObjectCode.shipped);
    this.tokens.push(token);
    objects.natural(functions.length);
    for (const name of functions) objects.natural(this.functionNumber(name));
    objects.natural(block.buffers.length);
    this.#part(block.header);
    for (const buffer of block.buffers) this.#part(buffer);
  }

  /** Zero stands for the next buffer, else one more than the number of the bytes that follow. */
  #part(bytes: Uint8Array): void {
    const { objects } = this;
    if (bytes.length >= PART_BYTES_MIN) {
      objects.natural(0);
      this.parts.push(bytes);
    } else {
      objects.natural(bytes.length + 1);
      objects.raw(bytes);
    }
  }
}

/** Whether a value travels as it is. */
export function isPlainValue(value: unknown): boolean {
  switch (typeof value) {
    case "number":
    case "string":
    case "boolean":
    case "undefined":
    case "bigint":
      return true;
    case "object":
      return value === null;
    case "symbol":
    case "function":
      return false;
  }
}
