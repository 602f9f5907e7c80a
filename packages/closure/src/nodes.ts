import type { Packed } from "./wire.ts";

/** A primitive, or a Ref to the node that stands for an object, function or symbol. */
export type Slot = Packed;

/**
 * Own properties as a flat list: key, value, key, value. A key that is not a plain writable data
 * property is `[flags, key]`, and then an accessor's value is `[get, set]`.
 */
export type Properties = readonly Packed[];

/** Bits of the flags in {@link Properties}. */
export const Flag = { writable: 1, enumerable: 2, configurable: 4, accessor: 8 } as const;

/** How much an object is closed against change. */
export const Integrity = { nonExtensible: 1, sealed: 2, frozen: 3 } as const;

/** What every object may carry beside what makes its kind. */
export type Ordinary = {
  /** Left out where it is the usual one of the kind. */
  readonly proto?: Slot;
  readonly props?: Properties | undefined;
  /** Keys that making the object creates and that the original has lost. */
  readonly removed?: readonly Slot[] | undefined;
  readonly integrity?: number | undefined;
};

/** A function or class by its source. */
export type FunctionWire = Ordinary & {
  readonly kind: "function";
  readonly text: string;
  readonly form: "expression" | "declaration" | "method";
  readonly strict: boolean;
  readonly name: string | undefined;
  readonly length: number | undefined;
  /** Captured names in order, and a slot for each. */
  readonly names: readonly string[];
  readonly values: readonly Slot[];
  /** Names that the text needs while it is evaluated (a base class, computed keys). */
  readonly early: readonly string[];
  readonly earlyValues: readonly Slot[];
  /** What the natural prototype object got beside what the source gives it. */
  readonly prototype: Ordinary | undefined;
};

/** An export of an installed package. */
export type PackageWire = {
  readonly kind: "package";
  readonly name: string;
  readonly version: string;
  /** What the user's import says, or else the file in the package. */
  readonly specifier?: string;
  readonly file?: string;
  readonly via: "import" | "require" | "interop" | "vite";
  readonly path: readonly string[];
};

/** One entry of the node table. */
export type WireNode =
  | { readonly kind: "global"; readonly path: readonly string[] }
  | {
      readonly kind: "builtin";
      readonly module: string;
      readonly namespace: boolean;
      readonly path: readonly string[];
    }
  | PackageWire
  | { readonly kind: "module"; readonly url: string; readonly name: string }
  | { readonly kind: "env"; readonly fn: Slot; readonly env: Slot }
  | { readonly kind: "require"; readonly base: string }
  | { readonly kind: "dynamic-import"; readonly base: string | undefined }
  | { readonly kind: "coverage" }
  | { readonly kind: "symbol"; readonly description: string | undefined }
  | { readonly kind: "registered-symbol"; readonly key: string }
  | FunctionWire
  | { readonly kind: "prototype"; readonly of: Slot }
  | (Ordinary & { readonly kind: "object" })
  | (Ordinary & {
      readonly kind: "array";
      readonly length: number;
      readonly items?: Packed[];
      readonly fixedLength: boolean | undefined;
    })
  | (Ordinary & { readonly kind: "map"; readonly entries: Packed[] })
  | (Ordinary & { readonly kind: "set"; readonly entries: Packed[] })
  | (Ordinary & { readonly kind: "date"; readonly time: number })
  | (Ordinary & {
      readonly kind: "regexp";
      readonly source: string;
      readonly flags: string;
      readonly lastIndex: Slot;
    })
  | (Ordinary & { readonly kind: "error" })
  | (Ordinary & { readonly kind: "boxed"; readonly value: Slot })
  | (Ordinary & {
      readonly kind: "buffer";
      readonly bytes: Uint8Array;
      readonly bytesMax: number | undefined;
    })
  | (Ordinary & {
      readonly kind: "view";
      readonly type: string;
      readonly buffer: Slot;
      readonly offset: number;
      readonly length: number | undefined;
    })
  | {
      readonly kind: "namespace";
      readonly names: readonly string[];
      readonly values: Packed[];
      /** Its prototype is that of plain objects. */
      readonly plain: boolean | undefined;
      /** It has the hidden property `__esModule`. */
      readonly esModule: boolean | undefined;
      /** It calls itself a Module. */
      readonly tagged: boolean;
    }
  | {
      readonly kind: "codec";
      readonly name: string;
      readonly module: string | undefined;
      readonly payload: Slot;
    }
  | { readonly kind: "reduce"; readonly rebuild: Slot; readonly args: Slot };

/** What one packed function holds. */
export type Content = { readonly nodes: readonly WireNode[] };

/** Where things stood; by node id, never part of the hash. */
export type Hint = {
  /** Where a function stood: a URL and a zero-based line and column. */
  readonly url?: string;
  readonly line?: number;
  readonly column?: number;
  /** The folder from which a package was found. */
  readonly from?: string;
  /** The stack of an error. */
  readonly stack?: string;
};
