import fc from "fast-check";

/** Numbers of every kind that a codec may treat apart. */
export const numbers: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 + 2, 5e-324),
);

/** Texts in one and in two bytes a character, with half pairs, marks and every length. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc
    .array(fc.nat({ max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.constantFrom("a", "ä", "€", "\ud83d"), fc.nat({ max: 300 }))
    .map(([c, n]) => c.repeat(n)),
  fc.constantFrom("__proto__", "constructor", "then", "length", "0", "\ufeffx", "\ud800"),
);

const symbols = fc.oneof(
  texts.map((key) => Symbol.for(key)),
  fc.constantFrom(Symbol.iterator, Symbol.toPrimitive, Symbol.asyncDispose),
);

/** Everything that is no object. */
export const primitives: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: numbers },
  { weight: 4, arbitrary: texts },
  { weight: 3, arbitrary: fc.constantFrom(undefined, null, true, false) },
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  symbols,
);

/** A node of a drawn graph: what it is, and what it holds. */
interface Node {
  readonly kind: (typeof kinds)[number];
  readonly keys: readonly PropertyKey[];
  /** A primitive value, or the number of a node: earlier, later or this one. */
  readonly parts: readonly ({ readonly leaf: unknown } | { readonly node: number })[];
  readonly integrity: "open" | "fixed" | "sealed" | "frozen";
  /** Attributes of properties that are added to the node, as bits. */
  readonly attributes: number;
  readonly length: number;
}

const kinds = [
  "object",
  "object",
  "bare",
  "hidden",
  "array",
  "array",
  "sparse",
  "extended",
  "map",
  "set",
  "date",
  "regexp",
  "boxed",
  "error",
  "bytes",
  "doubles",
  "memory",
] as const;

const nodes = fc.array(
  fc.record<Node>({
    kind: fc.constantFrom(...kinds),
    keys: fc.array(fc.oneof({ weight: 9, arbitrary: texts }, symbols), {
      maxLength: 8,
      size: "max",
    }),
    parts: fc.array(
      fc.oneof(
        primitives.map((leaf) => ({ leaf })),
        fc.nat({ max: 40 }).map((node) => ({ node })),
      ),
      { maxLength: 12, size: "max" },
    ),
    integrity: fc.constantFrom("open", "open", "open", "open", "fixed", "sealed", "frozen"),
    attributes: fc.nat({ max: 7 }),
    length: fc.nat({ max: 40 }),
  }),
  { minLength: 1, maxLength: 14, size: "max" },
);

/** Values with all kinds of objects in them: nested, shared, in cycles, adorned, closed. */
export const graphs: fc.Arbitrary<unknown> = nodes.map(build);

function build(drawn: readonly Node[]): unknown {
  const shells = drawn.map(shellOf);
  drawn.forEach((node, i) => fill(node, shells[i] as object, shells));
  drawn.forEach((node, i) => close(node, shells[i] as object));
  return shells[0];
}

function shellOf({ kind, parts, length }: Node): object {
  const leaf = parts.find((part) => "leaf" in part)?.leaf ?? "";
  switch (kind) {
    case "bare":
      return Object.create(null) as object;
    case "array":
    case "sparse":
    case "extended":
      return [];
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "date":
      return new Date(typeof leaf === "number" ? leaf : NaN);
    case "regexp":
      return Object.assign(new RegExp("a(b|c)*", "gu"), { lastIndex: length });
    case "boxed":
      return Object(typeof leaf === "object" ? 1 : leaf) as object;
    case "error":
      return new ([Error, TypeError, RangeError][length % 3] as ErrorConstructor)("drawn");
    case "bytes":
      return Buffer.alloc(length, length);
    case "doubles":
      return Float64Array.from({ length }, (_, i) => i / 3);
    case "memory":
      return new Uint8Array(length).fill(7).buffer;
    case "object":
    case "hidden":
      return {};
  }
}

function fill(node: Node, shell: object, shells: readonly object[]): void {
  const parts = node.parts.map((part) =>
    "leaf" in part ? part.leaf : shells[part.node % shells.length],
  );
  switch (node.kind) {
    case "array":
    case "extended":
      (shell as unknown[]).push(...parts);
      break;
    case "sparse":
      parts.forEach((part, i) => ((shell as unknown[])[i * node.length + (i % 3)] = part));
      (shell as unknown[]).length += node.length;
      break;
    case "map":
      parts.forEach((part, i) => (shell as Map<unknown, unknown>).set(part, parts[i + 1]));
      break;
    case "set":
      for (const part of parts) (shell as Set<unknown>).add(part);
      break;
    case "object":
    case "bare":
    case "error":
      node.keys.forEach((key, i) => define(shell, key, parts[i], 7));
      break;
    case "hidden":
      node.keys.forEach((key, i) => define(shell, key, parts[i], node.attributes));
      break;
    case "date":
    case "regexp":
    case "boxed":
    case "bytes":
    case "doubles":
    case "memory":
  }
  if (node.kind === "extended" || node.attributes === 1) {
    node.keys.forEach((key, i) => {
      if (!Object.hasOwn(shell, key)) define(shell, `+${String(key)}`, parts[i], node.attributes);
    });
  }
}

function define(target: object, key: PropertyKey, value: unknown, attributes: number): void {
  Reflect.defineProperty(target, key, {
    value,
    enumerable: (attributes & 1) !== 0,
    writable: (attributes & 2) !== 0,
    configurable: (attributes & 4) !== 0,
  });
}

function close({ integrity }: Node, shell: object): void {
  // Elements of a typed array cannot be made read-only.
  if (ArrayBuffer.isView(shell)) return;
  if (integrity === "fixed") Object.preventExtensions(shell);
  if (integrity === "sealed") Object.seal(shell);
  if (integrity === "frozen") Object.freeze(shell);
}

/** Views of a few small memories, alone on them, beside each other, overlapping, or twice. */
export const views: fc.Arbitrary<unknown> = fc
  .array(
    fc.record({
      memory: fc.nat({ max: 5 }),
      View: fc.constantFrom(Uint8Array, Int16Array, Float64Array, Buffer, DataView),
      start: fc.nat({ max: 6 }),
      end: fc.nat({ max: 6 }),
      isAll: fc.boolean(),
      again: fc.boolean(),
    }),
    { maxLength: 12, size: "max" },
  )
  .map((drawn) => {
    const memories = Array.from({ length: 6 }, (_, i) => new Float64Array(6).fill(i / 3).buffer);
    return drawn.flatMap(({ memory: number, View, start, end, isAll, again }) => {
      const memory = memories[number] as ArrayBuffer;
      const from = isAll ? 0 : 8 * Math.min(start, end);
      const bytes = (isAll ? 48 : 8 * Math.max(start, end)) - from;
      const width = "BYTES_PER_ELEMENT" in View ? View.BYTES_PER_ELEMENT : 1;
      const view =
        View === Buffer
          ? Buffer.from(memory, from, bytes)
          : new (View as Uint8ArrayConstructor)(memory, from, bytes / width);
      return again ? [view, view] : [view];
    });
  });

/** How a drawn table breaks the rule that all its rows are alike. */
const oddities = [
  (row: Record<string, unknown>) => Object.assign(row, { more: 1 }),
  (row: Record<string, unknown>) => Object.assign(row, { [Symbol.for("more")]: 1 }),
  (row: Record<string, unknown>) =>
    Object.defineProperty(row, "more", { value: 1, writable: true }),
  (row: Record<string, unknown>) => Object.freeze(row),
  (row: Record<string, unknown>) => Object.preventExtensions(row),
  (row: Record<string, unknown>) => changed(row, { enumerable: false }),
  (row: Record<string, unknown>) => changed(row, { writable: false }),
  (row: Record<string, unknown>) => changed(row, { configurable: false }),
  () => Object.assign(holey(hole, 1), { more: 1 }),
  (row: Record<string, unknown>) => Object.fromEntries(Object.entries(row).reverse()),
  (row: Record<string, unknown>) => Object.assign(Object.create(null) as object, row),
  () => undefined,
  () => [1, 2],
  (row: Record<string, unknown>) => Object.values(row),
  (row: Record<string, unknown>) => row,
] as const;

/** Other attributes for the last property; items of arrays have the ones that all items have. */
function changed(row: object, attributes: PropertyDescriptor): object {
  const key = Reflect.ownKeys(row).at(-1);
  if (key !== undefined && !Array.isArray(row)) Reflect.defineProperty(row, key, attributes);
  return row;
}

const columns = fc.oneof(
  fc.constant(numbers),
  fc.constant(fc.nat({ max: 255 }) as fc.Arbitrary<unknown>),
  fc.constant(texts),
  fc.constant(fc.constantFrom(true, false, null)),
  fc.constant(fc.option(numbers)),
  fc.constant(fc.option(texts, { nil: undefined })),
  fc.constant(fc.array(numbers, { maxLength: 3 })),
  fc.constant(fc.record({ x: numbers, y: texts })),
  fc.constant(primitives),
);

/** Arrays of rows that are alike, objects or arrays, but for a few; some stand in two places. */
export const tables: fc.Arbitrary<unknown> = fc
  .record({
    keys: fc.uniqueArray(texts, { minLength: 1, maxLength: 6 }),
    asArrays: fc.boolean(),
    columns: fc.array(columns, { minLength: 6, maxLength: 6, size: "max" }),
  })
  .chain(({ keys, asArrays, columns: kindsOfColumns }) =>
    fc.record({
      keys: fc.constant(keys),
      asArrays: fc.constant(asArrays),
      rows: fc.array(fc.tuple(...kindsOfColumns), { maxLength: 90, size: "max" }),
      odd: fc.array(fc.tuple(fc.nat(), fc.nat({ max: oddities.length - 1 })), { maxLength: 2 }),
      again: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 2 }),
      links: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }),
    }),
  )
  .map(({ keys, asArrays, rows, odd, again, links }) => {
    const table = rows.map((cells: readonly unknown[]): unknown => {
      if (asArrays) return cells.slice(0, keys.length);
      const row = {};
      keys.forEach((key, i) => define(row, key, cells[i], 7));
      return row;
    });
    if (table.length === 0) return table;
    for (const [from, to] of links) {
      const row = table[from % table.length] as Record<PropertyKey, unknown>;
      const key = asArrays ? from % keys.length : (keys[from % keys.length] as string);
      define(row, key, to % 5 === 0 ? table : table[to % table.length], 7);
    }
    for (const [at, which] of odd) {
      const i = at % table.length;
      const row = table[i] as Record<string, unknown> | undefined;
      if (row !== undefined && Object.isExtensible(row)) table[i] = oddities[which]?.(row);
    }
    for (const [from, to] of again) table[to % table.length] = table[from % table.length];
    return table;
  });

const likeRows: readonly ((n: number) => object)[] = [
  () => [],
  (n) => [n % 2],
  (n) => ["same", n % 3],
  (n) => ({ x: n % 2 }),
  (n) => ({ x: n % 2, y: "same" }),
  (n) => new Date(n % 3),
  (n) => [{ x: n % 2 }],
];

/** Rows with columns of objects that look like each other; now and then one stands twice. */
export const lookalikes: fc.Arbitrary<unknown> = fc
  .record({
    kinds: fc.array(fc.nat({ max: likeRows.length - 1 }), { minLength: 1, maxLength: 3 }),
    count: fc.nat({ max: 120 }),
    again: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), { maxLength: 2 }),
    isFirst: fc.boolean(),
  })
  .map(({ kinds: drawn, count, again, isFirst }) => {
    const lists = drawn.map((kind) => Array.from({ length: count }, (_, i) => likeRows[kind]?.(i)));
    for (const [from, i, to, j] of again) {
      if (count === 0) break;
      const source = lists[from % lists.length] as unknown[];
      (lists[to % lists.length] as unknown[])[j % count] = source[i % count];
    }
    const table = Array.from({ length: count }, (_, i) =>
      Object.fromEntries(lists.map((list, j) => [`column ${j}`, list[i]])),
    );
    return isFirst ? [table, ...lists] : [...lists, table];
  });

/** Stands for a place of an array that holds nothing. */
export const hole: unique symbol = Symbol("hole");

/** An array whose places with {@link hole} are holes, up to the end. */
export function holey(...items: readonly unknown[]): unknown[] {
  const array: unknown[] = [];
  items.forEach((item, i) => {
    if (item !== hole) array[i] = item;
  });
  array.length = items.length;
  return array;
}
