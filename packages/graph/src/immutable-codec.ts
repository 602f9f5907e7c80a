import { registerCodec } from "@millrace/closure";
import {
  List,
  Map as ImmutableMap,
  OrderedMap,
  OrderedSet,
  Set as ImmutableSet,
  Stack,
  isList,
  isMap,
  isOrderedMap,
  isOrderedSet,
  isSet,
  isStack,
} from "immutable";

type Packed = { readonly kind: string; readonly items: readonly unknown[] };

/**
 * How each kind of persistent collection is told and made; the ordered kinds come before the plain.
 */
const kinds: readonly {
  readonly name: string;
  readonly is: (value: object) => boolean;
  readonly make: (items: readonly unknown[]) => object;
}[] = [
  { name: "List", is: isList, make: (items) => List(items) },
  { name: "Stack", is: isStack, make: (items) => Stack(items) },
  {
    name: "OrderedMap",
    is: isOrderedMap,
    make: (items) => OrderedMap(items as [unknown, unknown][]),
  },
  { name: "Map", is: isMap, make: (items) => ImmutableMap(items as [unknown, unknown][]) },
  { name: "OrderedSet", is: isOrderedSet, make: (items) => OrderedSet(items) },
  { name: "Set", is: isSet, make: (items) => ImmutableSet(items) },
];

/**
 * Lets the collections of the package immutable travel with functions that capture them: their
 * classes are private to the package, so they cannot be taken apart by themselves.
 */
export function registerImmutableCodec(): void {
  registerCodec<object, Packed>({
    name: "immutable",
    module: "@millrace/graph",
    test: (value) => kinds.some(({ is }) => is(value)),
    encode(value) {
      const kind = kinds.find(({ is }) => is(value));
      return { kind: kind?.name ?? "List", items: [...(value as Iterable<unknown>)] };
    },
    decode({ kind, items }) {
      const known = kinds.find(({ name }) => name === kind) ?? kinds[0];
      return known?.make(items) ?? List(items);
    },
  });
}
