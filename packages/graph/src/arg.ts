/**
 * Where an argument of a step comes from: a value written into the program, the task's own
 * constant, one of the task's inputs, an earlier step, or a container of these.
 */
export type Arg =
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "constant"; readonly constant: number }
  | { readonly kind: "input"; readonly input: number }
  /** An array of `count` consecutive inputs. */
  | { readonly kind: "inputs"; readonly start: number; readonly count: number }
  /** Of an array of arrays, an array of item number `piece` of each. */
  | { readonly kind: "pieces"; readonly of: Arg; readonly piece: Arg }
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "array"; readonly items: readonly Arg[] }
  | { readonly kind: "set"; readonly items: readonly Arg[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Arg, Arg])[] }
  | {
      readonly kind: "object";
      readonly entries: readonly (readonly [string, Arg])[];
      /** It has no prototype. */
      readonly isBare?: boolean;
    };

/**
 * Calls `visit` for every argument inside `arg` that holds no other argument.
 *
 * @example
 * ```ts
 * import { forEachLeaf } from "@millrace/graph";
 *
 * const kinds: string[] = [];
 * const step = { kind: "step", step: 0 } as const;
 * forEachLeaf({ kind: "array", items: [step, { kind: "literal", value: 1 }] }, ({ kind }) => {
 *   kinds.push(kind);
 * });
 * kinds; // => ["step", "literal"]
 * ```
 */
export function forEachLeaf(arg: Arg, visit: (leaf: Arg) => void): void {
  switch (arg.kind) {
    case "array":
    case "set":
      for (const item of arg.items) forEachLeaf(item, visit);
      return;
    case "object":
      for (const [, item] of arg.entries) forEachLeaf(item, visit);
      return;
    case "map":
      for (const [key, item] of arg.entries) {
        forEachLeaf(key, visit);
        forEachLeaf(item, visit);
      }
      return;
    case "pieces":
      forEachLeaf(arg.of, visit);
      forEachLeaf(arg.piece, visit);
      return;
    case "inputs":
    case "literal":
    case "constant":
    case "input":
    case "step":
      visit(arg);
  }
}

/**
 * The same argument with every argument that holds no other replaced by `replace(leaf)`.
 *
 * @example
 * ```ts
 * import { mapLeaves } from "@millrace/graph";
 *
 * const arg = { kind: "set", items: [{ kind: "input", input: 0 }] } as const;
 * mapLeaves(arg, () => ({ kind: "literal", value: 7 }));
 * // => { kind: "set", items: [{ kind: "literal", value: 7 }] }
 * ```
 */
export function mapLeaves(arg: Arg, replace: (leaf: Arg) => Arg): Arg {
  switch (arg.kind) {
    case "inputs":
    case "literal":
    case "constant":
    case "input":
    case "step":
      return replace(arg);
    case "array":
    case "set":
    case "object":
    case "map":
    case "pieces":
      return mapItems(arg, (item) => mapLeaves(item, replace));
  }
}

/** The same argument with what it is made of replaced; a leaf is made of nothing. */
export function mapItems(arg: Arg, replace: (item: Arg) => Arg): Arg {
  switch (arg.kind) {
    case "array":
    case "set":
      return { kind: arg.kind, items: arg.items.map(replace) };
    case "object":
      return { ...arg, entries: arg.entries.map(([key, item]) => [key, replace(item)]) };
    case "map":
      return {
        kind: "map",
        entries: arg.entries.map(([key, item]) => [replace(key), replace(item)]),
      };
    case "pieces":
      return { kind: "pieces", of: replace(arg.of), piece: replace(arg.piece) };
    case "inputs":
    case "literal":
    case "constant":
    case "input":
    case "step":
      return arg;
  }
}

/**
 * The argument for a run of inputs whose sources have become `items`: still a run where they are
 * consecutive inputs, else an array.
 */
export function runOfInputs(items: readonly Arg[]): Arg {
  const first = items[0];
  const start = first?.kind === "input" ? first.input : -1;
  const consecutive = items.every((item, i) => item.kind === "input" && item.input === start + i);
  return start >= 0 && consecutive
    ? { kind: "inputs", start, count: items.length }
    : { kind: "array", items };
}
