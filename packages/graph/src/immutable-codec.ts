import { registerCodec } from "@millrace/closure/tasks";
import type * as Immutable from "immutable";
import { loadImmutable } from "./load-immutable.ts";

type Packed = { readonly kind: string; readonly items: readonly unknown[] };

/** What all collections of the package have, in every copy of it. */
const brand = "@@__IMMUTABLE_ITERABLE__@@";

/**
 * How each kind of persistent collection is told and made; the ordered kinds come before the plain.
 */
const kinds: readonly {
  readonly name: string;
  readonly is: (value: object, by: typeof Immutable) => boolean;
  readonly make: (items: readonly unknown[], by: typeof Immutable) => object;
}[] = [
  { name: "List", is: (value, by) => by.isList(value), make: (items, by) => by.List(items) },
  { name: "Stack", is: (value, by) => by.isStack(value), make: (items, by) => by.Stack(items) },
  {
    name: "OrderedMap",
    is: (value, by) => by.isOrderedMap(value),
    make: (items, by) => by.OrderedMap(items as [unknown, unknown][]),
  },
  {
    name: "Map",
    is: (value, by) => by.isMap(value),
    make: (items, by) => by.Map(items as [unknown, unknown][]),
  },
  {
    name: "OrderedSet",
    is: (value, by) => by.isOrderedSet(value),
    make: (items, by) => by.OrderedSet(items),
  },
  { name: "Set", is: (value, by) => by.isSet(value), make: (items, by) => by.Set(items) },
];

/**
 * Lets the collections of the package immutable travel with functions that capture them: their
 * classes are private to the package, so they cannot be taken apart by themselves.
 */
export function registerImmutableCodec(): void {
  registerCodec<object, Packed>({
    name: "immutable",
    module: "@millrace/graph",
    test: (value) => brand in value && kinds.some(({ is }) => is(value, loadImmutable())),
    encode(value) {
      const kind = kinds.find(({ is }) => is(value, loadImmutable()));
      return { kind: kind?.name ?? "List", items: [...(value as Iterable<unknown>)] };
    },
    decode({ kind, items }) {
      const known = kinds.find(({ name }) => name === kind) ?? kinds[0];
      const by = loadImmutable();
      return known?.make(items, by) ?? by.List(items);
    },
  });
}
