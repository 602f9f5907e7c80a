/** Which object of Apache Arrow follows {@link Tag.arrow}. */
export const ArrowKind = {
  table: 0,
  recordBatch: 1,
  /** What stands in a table that was read from a stream without batches. */
  placeholderBatch: 2,
  vector: 3,
  /** A vector that keeps the values that it made. */
  memoizedVector: 4,
  schema: 5,
  field: 6,
  data: 7,
  type: 8,
  /** A type by the class that has its parameters in its name, as Int32 and not Int. */
  namedType: 9,
} as const;

/** How the classes of one type are told from what is in their instances. */
export interface ArrowType {
  /** The class that has all parameters. */
  readonly name: string;
  /** The parameters of its constructor, which are its properties as well. */
  readonly parts: readonly string[];
  /** The class with these parameters in its name, and which of them it still takes. */
  readonly named?: (parts: readonly unknown[]) => {
    readonly name: string;
    readonly parts: readonly unknown[];
  };
}

const units = ["Second", "Millisecond", "Microsecond", "Nanosecond"];

/** By `typeId`, with the numbers of Arrow's own enumeration. */
export const arrowTypes: ReadonlyMap<number, ArrowType> = new Map<number, ArrowType>([
  [-1, { name: "Dictionary", parts: ["dictionary", "indices", "id", "isOrdered"] }],
  [1, { name: "Null", parts: [] }],
  [
    2,
    {
      name: "Int",
      parts: ["isSigned", "bitWidth"],
      named: ([isSigned, bits]) => named(`${isSigned === true ? "Int" : "Uint"}${String(bits)}`),
    },
  ],
  [3, { name: "Float", parts: ["precision"], named: byUnit("Float", ["16", "32", "64"]) }],
  [4, { name: "Binary", parts: [] }],
  [5, { name: "Utf8", parts: [] }],
  [6, { name: "Bool", parts: [] }],
  [7, { name: "Decimal", parts: ["scale", "precision", "bitWidth"] }],
  [8, { name: "Date_", parts: ["unit"], named: byUnit("Date", ["Day", "Millisecond"]) }],
  [9, { name: "Time", parts: ["unit", "bitWidth"], named: byUnit("Time", units) }],
  [
    10,
    {
      name: "Timestamp",
      parts: ["unit", "timezone"],
      named: ([unit, timezone]) => ({ ...byUnit("Timestamp", units)([unit]), parts: [timezone] }),
    },
  ],
  [
    11,
    {
      name: "Interval",
      parts: ["unit"],
      named: byUnit("Interval", ["YearMonth", "DayTime", "MonthDayNano"]),
    },
  ],
  [12, { name: "List", parts: ["child"] }],
  [13, { name: "Struct", parts: ["children"] }],
  [
    14,
    {
      name: "Union",
      parts: ["mode", "typeIds", "children"],
      named: ([mode, ...parts]) => ({ name: mode === 0 ? "SparseUnion" : "DenseUnion", parts }),
    },
  ],
  [15, { name: "FixedSizeBinary", parts: ["byteWidth"] }],
  [16, { name: "FixedSizeList", parts: ["listSize", "child"] }],
  [17, { name: "Map_", parts: ["child", "keysSorted"] }],
  [18, { name: "Duration", parts: ["unit"], named: byUnit("Duration", units) }],
  [19, { name: "LargeBinary", parts: [] }],
  [20, { name: "LargeUtf8", parts: [] }],
  [21, { name: "LargeList", parts: ["child"] }],
  [23, { name: "BinaryView", parts: [] }],
  [24, { name: "Utf8View", parts: [] }],
]);

function named(name: string): { name: string; parts: readonly unknown[] } {
  return { name, parts: [] };
}

function byUnit(
  stem: string,
  names: readonly string[],
): (parts: readonly unknown[]) => { name: string; parts: readonly unknown[] } {
  return ([unit]) => named(stem + (names[unit as number] ?? ""));
}
