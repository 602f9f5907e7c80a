import { corruptFrame } from "../../codec/value/corrupt.ts";

/** One value that is wanted of a peer. */
export interface DataWant {
  readonly id: number;
  readonly version: number;
  /** Which piece of it, or -1 for the whole. */
  readonly piece: number;
}

/** A value and what it is called. */
export interface NamedBlockTable extends BlockTable {
  readonly ids: Float64Array;
  readonly versions: Float64Array;
}

/**
 * Blocks that follow at once. Of each, how many parts it has, its header included, or 0 where there
 * is none; the lengths of all parts; and the checksums of the blocks of the table before.
 */
export interface BlockTable {
  readonly counts: Int32Array;
  readonly lengths: Float64Array;
  readonly checks: Uint32Array;
}

/** From the side that has connected. */
export type DataRequest =
  | {
      readonly kind: "fetch";
      readonly number: number;
      readonly ids: Float64Array;
      readonly versions: Float64Array;
      readonly pieces: Int32Array;
    }
  /** Named blocks follow, and then the end. */
  | { readonly kind: "push"; readonly number: number }
  | ({ readonly kind: "named-blocks" } & NamedBlockTable)
  | { readonly kind: "pushed"; readonly checks: Uint32Array };

/** From the side that listens. Answers come in the order of the questions. */
export type DataAnswer =
  | ({ readonly kind: "blocks"; readonly number: number } & BlockTable)
  | { readonly kind: "fetched"; readonly number: number; readonly checks: Uint32Array }
  /** The blocks, by their place in the push, that were not taken, and why. */
  | {
      readonly kind: "taken";
      readonly number: number;
      readonly refused: Int32Array;
      readonly reasons: readonly string[];
    }
  /** There is nothing to say yet, and somebody is there. */
  | { readonly kind: "wait" };

/** @throws DistributedError `distributed/corrupt-frame` for anything else */
export function requestFrom(message: unknown): DataRequest {
  const fields = fieldsOf(message);
  const kind = fields.text("kind");
  switch (kind) {
    case "fetch": {
      const ids = fields.column("ids", Float64Array);
      const versions = fields.column("versions", Float64Array);
      const pieces = fields.column("pieces", Int32Array);
      if (ids.length !== versions.length || ids.length !== pieces.length) {
        throw corruptFrame("columns of different lengths");
      }
      return { kind, number: fields.number("number"), ids, versions, pieces };
    }
    case "push":
      return { kind, number: fields.number("number") };
    case "named-blocks": {
      const table = tableFrom(fields);
      const ids = fields.column("ids", Float64Array);
      const versions = fields.column("versions", Float64Array);
      if (ids.length !== table.counts.length || ids.length !== versions.length) {
        throw corruptFrame("columns of different lengths");
      }
      return { kind, ...table, ids, versions };
    }
    case "pushed":
      return { kind, checks: fields.column("checks", Uint32Array) };
    default:
      throw corruptFrame("a request of a kind that is not known");
  }
}

/** @throws DistributedError `distributed/corrupt-frame` for anything else */
export function answerFrom(message: unknown): DataAnswer {
  const fields = fieldsOf(message);
  const kind = fields.text("kind");
  switch (kind) {
    case "blocks":
      return { kind, number: fields.number("number"), ...tableFrom(fields) };
    case "fetched":
      return {
        kind,
        number: fields.number("number"),
        checks: fields.column("checks", Uint32Array),
      };
    case "taken": {
      const refused = fields.column("refused", Int32Array);
      const reasons = fields.texts("reasons");
      if (refused.length !== reasons.length) throw corruptFrame("columns of different lengths");
      return { kind, number: fields.number("number"), refused, reasons };
    }
    case "wait":
      return { kind };
    default:
      throw corruptFrame("an answer of a kind that is not known");
  }
}

function tableFrom(fields: Fields): BlockTable {
  const counts = fields.column("counts", Int32Array);
  const lengths = fields.column("lengths", Float64Array);
  let partCount = 0;
  for (const count of counts) {
    if (count < 0) throw corruptFrame("a block of less than no parts");
    partCount += count;
  }
  if (partCount !== lengths.length) throw corruptFrame("a table that is not complete");
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || length < 0) throw corruptFrame("a length that is none");
  }
  return { counts, lengths, checks: fields.column("checks", Uint32Array) };
}

interface Fields {
  text(name: string): string;
  texts(name: string): readonly string[];
  number(name: string): number;
  flag(name: string): boolean;
  column<C>(name: string, Class: abstract new (...none: never[]) => C): C;
}

/** The fields of a message, each checked when it is taken. */
export function fieldsOf(message: unknown): Fields {
  const isObject = typeof message === "object" && message !== null && !Array.isArray(message);
  if (!isObject) throw corruptFrame("a message without fields");
  const fields = new Map<string, unknown>(Object.entries(message));
  const wrong = (name: string): Error => corruptFrame(`a message with another ${name}`);
  return {
    text(name) {
      const value = fields.get(name);
      if (typeof value !== "string") throw wrong(name);
      return value;
    },
    texts(name) {
      const value = fields.get(name);
      const isRight = Array.isArray(value) && value.every((each) => typeof each === "string");
      if (!isRight) throw wrong(name);
      return value;
    },
    number(name) {
      const value = fields.get(name);
      if (!Number.isSafeInteger(value)) throw wrong(name);
      return value as number;
    },
    flag(name) {
      const value = fields.get(name);
      if (typeof value !== "boolean") throw wrong(name);
      return value;
    },
    column(name, Class) {
      const value = fields.get(name);
      if (!(value instanceof Class)) throw wrong(name);
      return value;
    },
  };
}
