import type { Arg, Csr, GraphLimits, Program } from "@millrace/graph";
import { mapLeaves } from "@millrace/graph";
import type { Block } from "../../codec/block.ts";
import type { RunSettings } from "../../messages/client-messages.ts";
import type { FunctionName } from "../../messages/shipped.ts";
import { HeldOutput, ShippedValue } from "../../messages/shipped.ts";
import type { Constants, ExpandedGraph } from "../expand.ts";
import { nameOf, standIn } from "../stand-in.ts";

/** What a thread writes out: a graph as it came, in shared memory. */
export interface ToExpand {
  readonly source: Block;
  readonly settings: RunSettings;
  readonly limits: GraphLimits;
}

/** What has come of it; `failure` is an error that was encoded. */
export type HasExpanded =
  | { readonly kind: "expanded"; readonly graph: ExpandedMessage }
  | { readonly kind: "failed"; readonly failure: Block };

type Columns = Omit<ExpandedGraph, "keyOf" | "programs" | "constants" | "held">;

/** A written out graph between two threads: functions are names, keys stand in one buffer. */
export interface ExpandedMessage extends Columns {
  readonly programs: readonly ProgramMessage[];
  readonly constants: Constants;
  /** Some of the constants are shipped values, or stand for outputs. */
  readonly hasObjects: boolean;
  readonly held: readonly { readonly task: number; readonly of: unknown }[];
  readonly keys: KeyColumn;
}

interface ProgramMessage extends Omit<Program, "steps"> {
  readonly steps: readonly { readonly fn: FunctionName; readonly args: readonly Arg[] }[];
}

interface KeyColumn {
  readonly bytes: Uint8Array;
  readonly offsets: Float64Array;
  readonly encoding: "latin1" | "utf16le";
}

/** A graph as a message, and what of it moves to whom it is posted. */
export function packExpanded(graph: ExpandedGraph): {
  readonly message: ExpandedMessage;
  readonly transfer: readonly ArrayBuffer[];
} {
  const { programs, constants } = graph;
  const keys = keyColumn(graph.size, (t) => graph.keyOf(t));
  const message: ExpandedMessage = {
    size: graph.size,
    inputs: graph.inputs,
    readers: graph.readers,
    program: graph.program,
    constantOffsets: graph.constantOffsets,
    annotation: graph.annotation,
    annotations: graph.annotations,
    traits: graph.traits,
    held: graph.held,
    wanted: graph.wanted,
    stops: graph.stops,
    programs: programs.map(({ steps, ...rest }) => ({
      ...rest,
      steps: steps.map(({ fn, args }) => ({ fn: nameOf(fn), args })),
    })),
    constants,
    hasObjects: !(constants instanceof Float64Array) && constants.some(isObject),
    keys,
    tables: graph.tables,
  };
  const csrs: readonly Csr[] = [graph.inputs, graph.readers];
  const arrays = csrs
    .flatMap(({ offsets, targets }) => [offsets, targets])
    .concat(graph.program, graph.constantOffsets, graph.annotation, graph.wanted);
  const tables = Object.values(graph.tables).filter((each) => ArrayBuffer.isView(each));
  const others = [graph.traits, graph.stops, constants, keys.bytes, keys.offsets, ...tables];
  const views = [...arrays, ...others].filter((each) => ArrayBuffer.isView(each));
  const buffers = new Set(views.map(({ buffer }) => buffer));
  return { message, transfer: [...buffers].filter((each) => each instanceof ArrayBuffer) };
}

/** The graph of a message. Its cost does not depend on the number of tasks, but for constants. */
export function unpackExpanded(message: ExpandedMessage): ExpandedGraph {
  const { keys, programs, constants, hasObjects, held, ...columns } = message;
  return {
    ...columns,
    programs: programs.map(({ steps, ...rest }) => ({
      ...rest,
      steps: steps.map(({ fn, args }) => ({
        fn: standIn(fn),
        args: args.map((arg) => mapLeaves(arg, revivedLeaf)),
      })),
    })),
    constants: hasObjects ? Array.from(constants, revived) : constants,
    held: held.map(({ task, of }) => ({ task, of: revived(of) as HeldOutput })),
    keyOf: namer(keys),
  };
}

function namer({ bytes, offsets, encoding }: KeyColumn): (t: number) => string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (t) => text.toString(encoding, offsets[t], offsets[t + 1]);
}

/** So many keys are joined into one text: a text has no more than some 2 ** 29 characters. */
const keysAtOnce = 4_096;

function keyColumn(size: number, keyOf: (t: number) => string): KeyColumn {
  const offsets = new Float64Array(size + 1);
  const texts: string[] = [];
  let isLatin = true;
  for (let start = 0; start < size; start += keysAtOnce) {
    const end = Math.min(size, start + keysAtOnce);
    let text = "";
    for (let t = start; t < end; t++) {
      const key = keyOf(t);
      text += key;
      offsets[t + 1] = (offsets[t] as number) + key.length;
    }
    // oxlint-disable-next-line no-control-regex -- all that one byte can say
    isLatin &&= /^[\u0000-\u00ff]*$/.test(text);
    texts.push(text);
  }
  const encoding = isLatin ? "latin1" : "utf16le";
  const bytesEach = isLatin ? 1 : 2;
  const bytes = new Uint8Array(bytesEach * (offsets[size] as number));
  let at = 0;
  for (const text of texts) at += Buffer.from(bytes.buffer).write(text, at, encoding);
  return { bytes, offsets: isLatin ? offsets : offsets.map((each) => 2 * each), encoding };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** What became of objects that lost their class: many tasks may share one. */
const classed = new WeakMap<object, HeldOutput | ShippedValue>();

/** An object in a graph is a shipped value, or stands for an output. */
function revived(value: unknown): unknown {
  if (!isObject(value)) return value;
  let found = classed.get(value);
  if (found === undefined) classed.set(value, (found = revivedObject(value)));
  return found;
}

function revivedObject(value: object): HeldOutput | ShippedValue {
  if ("output" in value) {
    const { run, output } = value as HeldOutput;
    return new HeldOutput(run, output);
  }
  const { block, functions, token, isMade } = value as ShippedValue;
  return new ShippedValue(block, functions, token, isMade);
}

function revivedLeaf(leaf: Arg): Arg {
  return leaf.kind === "literal" ? { kind: "literal", value: revived(leaf.value) } : leaf;
}
