import { createHash } from "node:crypto";
import type { AnyFunction } from "@millrace/closure";
import { capture, withEnv } from "@millrace/closure";
import type { LayeredGraph, TaskFunction } from "@millrace/graph";
import { ownFunctions } from "@millrace/graph";
import type { Block } from "../codec/block.ts";
import { blockBytes } from "../codec/block.ts";
import { encodeValue } from "../codec/encode-value.ts";
import { SerializationError } from "../errors.ts";
import type { FunctionName, ShippedFunction } from "../messages/shipped.ts";
import { HeldOutput, ShippedValue } from "../messages/shipped.ts";
import { standIn } from "../scheduler/stand-in.ts";
import { letGo } from "../worker/store/reclaim-memory.ts";
import { Held, fetchHeld } from "./held.ts";

/** A graph that can travel, and what must travel with it. */
export interface ShippedGraph {
  /** Its functions are stand-ins, its values shipped. */
  readonly graph: LayeredGraph;
  readonly functions: readonly ShippedFunction[];
  /** Outputs of earlier runs that tasks stand for. */
  readonly holds: readonly HeldOutput[];
}

/** Longer texts become blocks, which threads share. */
const plainTextMax = 1_000;
/** Values of more bytes are not looked through to find out that they equal others. */
const comparedBytesMax = 65_536;

/**
 * Takes a graph apart into what the scheduler must know, which is its shape, and what only threads
 * need, as bytes. Functions are captured once in the life of the process: what they read from
 * outside is read at their first capture.
 *
 * @param holder - the executor that runs the graph: values that it holds stay where they are
 * @param foreign - values that other executors hold, brought here
 * @throws CaptureError for a function that cannot travel, with the way to what keeps it
 * @throws SerializationError for a value that cannot
 */
export function shipGraph(
  graph: LayeredGraph,
  holder: object,
  foreign: ReadonlyMap<Held, unknown>,
): ShippedGraph {
  const shipping = new Shipping(holder, foreign);
  return {
    graph: graph.replace(shipping),
    functions: [...shipping.functions.values()],
    holds: shipping.holds,
  };
}

class Shipping {
  readonly functions = new Map<FunctionName, ShippedFunction>();
  readonly holds: HeldOutput[] = [];
  readonly #holder: object;
  readonly #foreign: ReadonlyMap<Held, unknown>;
  /** An object that many tasks are given is shipped once. */
  readonly #values = new Map<object, unknown>();

  constructor(holder: object, foreign: ReadonlyMap<Held, unknown>) {
    this.#holder = holder;
    this.#foreign = foreign;
  }

  fn(fn: TaskFunction): TaskFunction {
    return fn === fetchHeld ? ownFunctions.identity : standIn(this.#nameOf(fn));
  }

  #nameOf(fn: AnyFunction): FunctionName {
    const { hash, bytes } = capture(fn);
    if (!this.functions.has(hash)) this.functions.set(hash, { name: hash, bytes });
    return hash;
  }

  value(value: unknown): unknown {
    if (isPlain(value)) return value;
    if (typeof value === "string" || typeof value === "symbol") return this.#ship(value);
    let shipped = this.#values.get(value as object);
    if (shipped === undefined) {
      shipped = value instanceof Held ? this.#held(value) : this.#ship(value);
      this.#values.set(value as object, shipped);
    }
    return shipped;
  }

  #held(held: Held): unknown {
    if (held.holder !== this.#holder) return this.value(this.#foreign.get(held));
    held.check();
    const output = new HeldOutput(held.run.number, held.output);
    this.holds.push(output);
    return output;
  }

  #ship(value: unknown): ShippedValue {
    const names: FunctionName[] = [];
    const refs = new Map<FunctionName, number>();
    const refOf = (fn: AnyFunction): number => {
      const name = this.#nameOf(fn);
      let ref = refs.get(name);
      if (ref === undefined) refs.set(name, (ref = names.push(name) - 1));
      return ref;
    };
    try {
      const block = encodeValue(value, { functions: { refOf }, shared: true });
      // Nobody keeps it longer than the run.
      letGo(blockBytes(block));
      return new ShippedValue(block, names, tokenOf(block, names));
    } catch (error) {
      // Instances of classes have no form as plain data, but their classes can travel with them.
      if (!(error instanceof SerializationError)) throw error;
      const name = this.#nameOf(withEnv({ value }, (env) => env.value));
      const block = encodeValue(() => undefined, { functions: { refOf: () => 0 }, shared: true });
      return new ShippedValue(block, [name], name, true);
    }
  }
}

function isPlain(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === "string") return value.length <= plainTextMax;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
}

/** Equal for equal blocks of moderate size; of larger ones each is taken for unlike any other. */
function tokenOf(block: Block, names: readonly FunctionName[]): string {
  if (blockBytes(block) > comparedBytesMax) return crypto.randomUUID();
  const hash = createHash("sha256").update(names.join()).update(block.header);
  for (const buffer of block.buffers) hash.update(buffer);
  return hash.digest("base64");
}
