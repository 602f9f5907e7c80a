import type { Arg } from "@millrace/graph";
import { ownFunctions } from "@millrace/graph";
import { ShippedValue } from "../../packages/distributed/src/messages/shipped.ts";
import type {
  FunctionName,
  ShippedProgram,
} from "../../packages/distributed/src/messages/shipped.ts";

/**
 * What a simulated task works on. A value is a hash of the function that made it, of what is
 * written into the graph and of the values that it was given, so that any mistake about who reads
 * what shows in the result.
 */
export type SimValue = number | string | undefined | readonly SimValue[] | ShippedValue | OnlyPiece;

/** Of a value in pieces, the one piece that was fetched. */
export class OnlyPiece {
  readonly piece: number;
  readonly value: SimValue;

  constructor(piece: number, value: SimValue) {
    this.piece = piece;
    this.value = value;
  }
}

/** Functions that give one value for each of so many parts. */
export const splitName: FunctionName = "split";

export function hashOf(values: readonly SimValue[]): number {
  let hash = 0x811c9dc5;
  for (const value of values) hash = Math.imul(hash ^ oneHash(value), 0x01000193) ^ (hash >>> 13);
  return hash >>> 0;
}

function oneHash(value: SimValue): number {
  if (typeof value === "number") return Math.imul(value | 0, 0x85ebca6b) ^ 0x1f;
  if (typeof value === "string") {
    let hash = 7;
    for (let n = 0; n < value.length; n++) hash = Math.imul(hash, 31) + value.charCodeAt(n);
    return hash;
  }
  if (value === undefined) return 0x3c6ef372;
  if (value instanceof ShippedValue) return oneHash(value.token);
  if (value instanceof OnlyPiece) throw new Error("a whole value was needed, not a piece");
  return hashOf(value) ^ 0x55aa;
}

/** What a function gives; `salt` is something else where it gives another value each time. */
export function callFunction(
  name: FunctionName,
  args: readonly SimValue[],
  salt: SimValue,
): SimValue {
  if (name in ownFunctions) return args[0];
  const hash = hashOf([name, salt, ...args]);
  if (name !== splitName) return hash;
  return Array.from({ length: args[1] as number }, (_, part) => hashOf([hash, part]));
}

/** Runs a program step by step; `call` is told of each step. */
export function runSteps(
  { steps }: ShippedProgram,
  inputs: readonly SimValue[],
  constants: readonly SimValue[],
  call: (name: FunctionName, args: readonly SimValue[]) => SimValue,
): SimValue {
  const values: SimValue[] = [];
  const valueOf = (arg: Arg): SimValue => {
    switch (arg.kind) {
      case "literal":
        return arg.value as SimValue;
      case "constant":
        return constants[arg.constant];
      case "input":
        return inputs[arg.input];
      case "inputs":
        return inputs.slice(arg.start, arg.start + arg.count);
      case "pieces": {
        const of = valueOf(arg.of) as readonly SimValue[];
        const piece = valueOf(arg.piece) as number;
        return of.map((pieces) => pieceOf(pieces, piece));
      }
      case "step":
        return values[arg.step];
      case "array":
        return arg.items.map(valueOf);
      default:
        throw new Error(`simulated graphs have no ${arg.kind}`);
    }
  };
  for (const { fn, args } of steps) values.push(call(fn, args.map(valueOf)));
  return values.at(-1);
}

/** One piece of a value in pieces, which may be all that is here. */
export function pieceOf(pieces: SimValue, piece: number): SimValue {
  if (pieces instanceof OnlyPiece) {
    if (pieces.piece !== piece) throw new Error(`piece ${pieces.piece} came, not ${piece}`);
    return pieces.value;
  }
  const found = (pieces as readonly SimValue[])[piece];
  if (found === undefined) throw new Error(`there is no piece ${piece}`);
  return found;
}
