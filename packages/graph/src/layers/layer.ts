import type { Annotations } from "../annotations.ts";
import {
  currentAnnotations,
  mergeAnnotations,
  sameAnnotations,
  withinAnnotate,
} from "../annotations.ts";
import { invalidArgument } from "../errors.ts";
import type { Key } from "../key.ts";
import { checkKey } from "../key.ts";
import type { KeyTable } from "../key-table.ts";
import type { Program, TaskFunction } from "../program.ts";
import { checkFunction } from "../program.ts";
import type { Replacement } from "./replacement.ts";

/** Takes one task of a layer: first `task`, then its inputs and constants in their order. */
export interface TaskSink {
  task(program: Program, annotations: Annotations | undefined): void;
  /** The next input is task `index` of the layer `layer`. */
  block(layer: string, index: number): void;
  /** The next input is the task `key`, of whatever layer. */
  key(key: Key): void;
  constant(value: unknown): void;
}

/**
 * Many tasks of one shape as a single value: nothing is written out until `expand` is asked for a
 * task.
 */
export interface Layer {
  readonly kind: "materialized" | "blockwise" | "tree-reduce" | "shuffle";
  readonly name: string;
  /** How many tasks. */
  readonly size: number;
  readonly annotations: Annotations | undefined;
  /** Names for the tasks; a symbolic layer's are `<name>/<index>`. */
  readonly keys: KeyTable;
  /** Layers whose tasks are read by index. */
  readonly layerInputs: readonly string[];
  /** Single tasks that are read by key. */
  readonly keyInputs: readonly Key[];
  /** What the layer is, for telling whether two layers of one name are the same. */
  readonly content: unknown;
  /** The layer whose values this one gives in another way, after optimization. */
  readonly standsFor?: Layer | undefined;
  /** Writes out task `index`. */
  expand(index: number, sink: TaskSink): void;
  /** The same layer with its functions and values replaced; keys, shape and annotations stay. */
  replace(by: Replacement): Layer;
  /**
   * The same layer with what `other`, which is the same but for annotations, advises too; undefined
   * where they send tasks to different places.
   */
  joinAdvice(other: Layer): Layer | undefined;
}

/** What every layer can be given. */
export interface LayerOptions {
  /** Advice for executors, inside of that of the `annotate` which is running. */
  readonly annotations?: Annotations | undefined;
  /** A token of everything that the layer does, when the caller has one: saves comparing layers. */
  readonly token?: string;
}

/** The names of {@link LayerOptions}. */
export const layerOptionNames = ["annotations", "token"] as const;

/** A function and what it gets after its first argument. */
export interface Call {
  readonly fn: TaskFunction;
  readonly args?: readonly unknown[];
}

/** Checks a call that a layer is to make. */
export function checkCall(api: string, call: Call): Call {
  checkFunction(api, (call as Partial<Call> | undefined)?.fn);
  return call;
}

/** Checks the name of a symbolic layer: a slash would make its keys ambiguous. */
export function checkLayerName(api: string, name: string): string {
  if (!checkKey(api, "bad layer name", name).includes("/")) return name;
  throw invalidArgument(api, "bad layer name", name, "a text without a slash");
}

/** Checks the name of a layer that is read; it need not be there yet. */
export function checkInputName(api: string, name: string): string {
  if (typeof name === "string") return name;
  throw invalidArgument(api, "bad name of a layer to read", name, "a text");
}

/** Tasks are numbered by signed integers of 32 bits. */
const countMax = 2 ** 31 - 1;

/** Checks a number of tasks or blocks. */
export function checkCount(api: string, what: string, count: number, least: number): number {
  if (count > countMax) throw invalidArgument(api, `bad ${what}`, count, `${countMax} at most`);
  if (!Number.isSafeInteger(count) || count < least) {
    throw invalidArgument(api, `bad ${what}`, count, `a whole number of ${least} or more`);
  }
  return count;
}

/** The annotations that a layer built now should have. */
export function layerAnnotations(api: string, options: LayerOptions): Annotations | undefined {
  return options.annotations === undefined
    ? currentAnnotations()
    : withinAnnotate(api, options.annotations);
}

/** A symbolic layer with what another one advises too, built where that is news. */
export function joinedAdvice<L extends Layer>(
  layer: L,
  other: Layer,
  build: (annotations: Annotations | undefined) => L,
): L | undefined {
  const both = mergeAnnotations(layer.annotations, other.annotations);
  if (both === undefined) return undefined;
  return sameAnnotations(both.merged, layer.annotations) ? layer : build(both.merged);
}
