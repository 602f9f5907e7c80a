import { ByteWriter } from "../value/byte-writer.ts";
import { ValuesWriter } from "./values-writer.ts";

/**
 * Takes what a graph, or a part of one, says: whole numbers, texts and values, each in a list of
 * their own and in the order in which they will be read.
 */
export class PlanWriter {
  readonly code: ByteWriter = new ByteWriter();
  readonly texts: string[] = [];
  readonly values: ValuesWriter = new ValuesWriter();

  /** A whole number from 0 on. */
  natural(value: number): void {
    this.code.natural(value);
  }

  text(text: string): void {
    this.texts.push(text);
  }

  /** Texts, values, and what is known of those. */
  columns(): readonly unknown[] {
    const { values, isObject, tokens, functions } = this.values;
    return [this.texts, values, isObject, tokens, functions];
  }
}
