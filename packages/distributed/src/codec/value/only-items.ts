import { inspect } from "node:util";

/** Items up to which listing the keys of an array costs less than a look with `inspect`. */
const LISTED_MAX = 32;

const options = {
  breakLength: Infinity,
  compact: true,
  customInspect: false,
  depth: 0,
  maxArrayLength: 0,
  maxStringLength: 0,
  showHidden: true,
} as const;

// How an array of five plain items looks, with a place for the number of its items.
const plainLook = inspect([0, 0, 0, 0, 0], options).split("5");

/**
 * Whether an array is just its items: of the class Array itself, no holes, no other property of
 * any kind, open for more. An accessor that stands in the place of an item is not told from it:
 * the engine answers that for one item a call only.
 */
export function hasOnlyItems(array: readonly unknown[]): boolean {
  if (Object.getPrototypeOf(array) !== Array.prototype || !Object.isExtensible(array)) return false;
  const { length } = array;
  if (length <= LISTED_MAX) {
    // Indices come first, then `length`, then all that was added.
    const keys = Reflect.ownKeys(array);
    return keys.length === length + 1 && keys[length] === "length";
  }
  return !hasHoles(array) && looksPlain(array);
}

function hasHoles(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) {
    if (array[i] === undefined && !Object.hasOwn(array, i)) return true;
  }
  return false;
}

/**
 * Keys of a long array are as many strings as it has items. `inspect` asks the engine for the
 * other keys alone; what looks different in any way is taken for more than plain.
 */
function looksPlain(array: readonly unknown[]): boolean {
  return inspect(array, options) === plainLook.join(String(array.length));
}

const none: readonly PropertyKey[] = [];

/** The properties of a typed array, Buffer or DataView beside its elements. */
export function extraKeysOfView(
  view: ArrayBufferView,
  make: (memory: ArrayBufferLike, offset: number, length: number) => ArrayBufferView,
): readonly PropertyKey[] {
  const { length = 0 } = view as Partial<Uint8Array>;
  if (length <= LISTED_MAX) {
    const keys = Reflect.ownKeys(view);
    return keys.length === length ? none : keys.slice(length);
  }
  return inspect(view, options) === bareLook(view, length, make)
    ? []
    : Reflect.ownKeys(view).slice(length);
}

// Views often come in great numbers of one kind and size, each with memory of its own.
let lastLook = { name: "", look: "" };

/** How a view looks without properties: it is made anew, on the same memory. */
function bareLook(
  view: ArrayBufferView,
  length: number,
  make: (memory: ArrayBufferLike, offset: number, length: number) => ArrayBufferView,
): string {
  const { buffer, byteOffset } = view;
  const kind = Object.getPrototypeOf(view) as { readonly constructor: { readonly name: string } };
  // Memory that is shared and memory that is not look different.
  const memory = `${byteOffset}/${buffer.byteLength}/${buffer instanceof SharedArrayBuffer}`;
  const name = `${kind.constructor.name}/${length}/${memory}`;
  if (name !== lastLook.name) {
    lastLook = { name, look: inspect(make(buffer, byteOffset, length), options) };
  }
  return lastLook.look;
}
