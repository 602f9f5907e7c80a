import * as arrow from "apache-arrow";

/** A table with a column of each type of Arrow, with nulls, by classes with and without names. */
export function typedTable(length: number): arrow.Table {
  const columns = Object.entries(makers(length)).map(([name, vector]) => [name, vector] as const);
  const fields = columns.map(
    ([name, { type }], i) =>
      new arrow.Field(name, type as arrow.DataType, i % 5 !== 0, new Map([["column", String(i)]])),
  );
  const schema = new arrow.Schema(fields, new Map([["made", "here"]]));
  const children = columns.map(([, vector]) => vector.data[0] as arrow.Data);
  const data = arrow.makeData({ type: new arrow.Struct(fields), length, children });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data as never)]);
}

function makers(length: number): Record<string, arrow.Vector> {
  const made = <T extends arrow.DataType>(type: T, get: (i: number) => unknown): arrow.Vector =>
    arrow.vectorFromArray(
      Array.from({ length }, (_, i) => (i % 7 === 3 ? null : get(i))),
      type,
    ) as arrow.Vector;
  const plain = <T extends arrow.DataType>(
    type: T,
    data: Int32Array | Uint32Array | BigInt64Array,
  ): arrow.Vector =>
    // A copy: what two columns share, Arrow writes in a way that it cannot read.
    arrow.makeVector(arrow.makeData({ type, length, data: data.slice() } as never) as never);
  const longs = BigInt64Array.from({ length }, (_, i) => BigInt(i) * 86_400_000n);
  const ints = Int32Array.from({ length: 4 * length }, (_, i) => i * 3);
  const field = (name: string, type: arrow.DataType): arrow.Field =>
    new arrow.Field(name, type, true);
  const entries = field(
    "entries",
    new arrow.Struct([field("key", new arrow.Utf8()), field("value", new arrow.Int32())]),
  );
  return {
    nothing: arrow.makeVector(arrow.makeData({ type: new arrow.Null(), length })),
    bool: made(new arrow.Bool(), (i) => i % 2 === 0),
    int8: made(new arrow.Int8(), (i) => -i),
    uint16: made(new arrow.Uint16(), (i) => i),
    int32: made(new arrow.Int(true, 32), (i) => -i * 1_000),
    uint32: made(new arrow.Uint32(), (i) => i),
    int64: made(new arrow.Int64(), (i) => BigInt(i) ** 3n),
    uint64: made(new arrow.Uint64(), (i) => 2n ** 63n + BigInt(i)),
    float16: made(new arrow.Float16(), (i) => i / 2),
    float32: made(new arrow.Float32(), (i) => i / 3),
    float64: made(new arrow.Float(arrow.Precision.DOUBLE), (i) => -0 / (i + 1)),
    utf8: made(new arrow.Utf8(), (i) => `é${i}`.repeat(i % 4)),
    largeUtf8: made(new arrow.LargeUtf8(), (i) => `${i}`),
    binary: made(new arrow.Binary(), (i) => Uint8Array.of(i, i + 1)),
    largeBinary: made(new arrow.LargeBinary(), (i) => Uint8Array.of(i)),
    fixedBinary: made(new arrow.FixedSizeBinary(3), (i) => Uint8Array.of(i, 1, 2)),
    decimal: plain(new arrow.Decimal(2, 30), Uint32Array.from(ints)),
    day: plain(new arrow.DateDay(), ints.slice(0, length)),
    date: plain(new arrow.Date_(arrow.DateUnit.MILLISECOND), longs),
    second: plain(new arrow.TimeSecond(), ints.slice(0, length)),
    nanosecond: plain(new arrow.TimeNanosecond(), longs),
    timestamp: plain(new arrow.TimestampMillisecond("Europe/Berlin"), longs),
    stamp: plain(new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, null), longs),
    months: plain(new arrow.IntervalYearMonth(), ints.slice(0, length)),
    dayTime: plain(new arrow.IntervalDayTime(), ints.slice(0, 2 * length)),
    monthDay: plain(new arrow.IntervalMonthDayNano(), ints),
    duration: plain(new arrow.DurationSecond(), longs),
    list: made(new arrow.List(field("item", new arrow.Float64())), (i) =>
      [i, null, i / 3].slice(i % 4),
    ),
    fixedList: made(new arrow.FixedSizeList(2, field("item", new arrow.Int32())), (i) => [i, -i]),
    struct: made(
      new arrow.Struct([field("a", new arrow.Int32()), field("b", new arrow.Utf8())]),
      (i) => ({ a: i, b: i % 2 === 0 ? null : `b${i}` }),
    ),
    map: made(new arrow.Map_(entries as never), (i) => new Map([[`k${i}`, i]])),
    dictionary: made(
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int16()),
      (i) => ["red", "green", "blue"][i % 3],
    ),
    sparse: unionOf(length, false),
    dense: unionOf(length, true),
    views: viewsOf(length),
  };
}

function unionOf(length: number, isDense: boolean): arrow.Vector {
  const fields = [
    new arrow.Field("i", new arrow.Int32(), true),
    new arrow.Field("s", new arrow.Utf8(), true),
  ];
  const children = [
    arrow.makeData({ type: new arrow.Int32(), data: Int32Array.from({ length }, (_, i) => i) }),
    arrow.vectorFromArray(
      Array.from({ length }, (_, i) => `s${i}`),
      new arrow.Utf8(),
    ).data[0],
  ] as arrow.Data[];
  const typeIds = Int8Array.from({ length }, (_, i) => i % 2);
  const valueOffsets = Int32Array.from({ length }, (_, i) => i);
  const type = isDense
    ? new arrow.DenseUnion([0, 1], fields)
    : new arrow.Union(arrow.UnionMode.Sparse, [0, 1], fields);
  const data = arrow.makeData({ type, length, typeIds, valueOffsets, children } as never);
  return arrow.makeVector(data as never);
}

/** Texts in the form that has long ones in buffers of their own. */
function viewsOf(length: number): arrow.Vector {
  const long = Buffer.from("a text of more than twelve characters");
  const views = new DataView(new ArrayBuffer(16 * length));
  for (let i = 0; i < length; i++) {
    const isShort = i % 2 === 0;
    views.setInt32(16 * i, isShort ? 1 : long.length, true);
    if (isShort) views.setUint8(16 * i + 4, 97 + (i % 26));
    else for (let j = 0; j < 4; j++) views.setUint8(16 * i + 4 + j, long[j] as number);
  }
  const data = arrow.makeData({
    type: new arrow.Utf8View(),
    length,
    views: new Uint8Array(views.buffer),
    variadicBuffers: [Uint8Array.from(long)],
  } as never);
  return arrow.makeVector(data as never);
}
