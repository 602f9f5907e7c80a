import { expect, test } from "vitest";

import { makeBlock } from "../../../packages/dataframe/dist/column.js";
import {
  bool,
  dictionary,
  float64,
  int32,
  int64,
  utf8,
} from "../../../packages/dataframe/dist/dtype.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { runStage } from "../../../packages/dataframe/dist/stage/run-stage.js";
import { stageCode } from "../../../packages/dataframe/dist/stage/stage-code.js";
import { columnOf, valuesOf } from "../../lib/dataframe/columns.ts";

test("the code of a stage is one function a loop, and reads like its expression", () => {
  const price = columnNode("unit price", float64);
  const count = columnNode("count", int64);
  const carrier = columnNode("carrier", dictionary);
  const stage = {
    filter: callNode(
      "and",
      [
        callNode("gt", [price, literalNode(0.5, float64)], bool),
        callNode("startsWith", [carrier], bool, ["A"]),
      ],
      bool,
    ),
    outputs: [
      { name: "carrier", value: carrier },
      { name: "double", value: callNode("mul", [price, literalNode(2, float64)], float64) },
      { name: "more", value: callNode("add", [count, literalNode(1n, int64)], int64) },
    ],
  };
  const fields = [
    { name: "unit price", dtype: float64 },
    { name: "count", dtype: int64 },
    { name: "carrier", dtype: dictionary },
  ];
  expect(stageCode(stage, fields)).toMatchInlineSnapshot(`
    "// unit price: float64
    // count: int64
    // carrier: dictionary (coded)
    const { overflow, startsWithBytes } = x;
    const A_9 = k[0];
    const node_35 = k[1];
    function fill_11(c, code) {
      const carrier_dictionary_5 = c[3];
      const carrier_states_3 = c[1];
      const carrier_table_4 = c[2];
      const start_6 = carrier_dictionary_5.offsets[code];
      const end_7 = carrier_dictionary_5.offsets[code + 1];
      const data_8 = carrier_dictionary_5.values;
      const startsWith_10 = (startsWithBytes(data_8, start_6, end_7, A_9, 0, 1) | 0);
      carrier_states_3[code] = 2;
      carrier_table_4[code] = startsWith_10;
    }
    function filter_16(c, from, to, base, rows, n) {
      const unit_price_0 = c[0];
      const carrier_states_3 = c[1];
      const carrier_table_4 = c[2];
      const carrier_12 = c[4];
      for (let i = from; i < to; i++) { // four rows a turn
        const unit_price_1 = unit_price_0[i];
        const gt_2 = (!(0.5 >= unit_price_1) | 0);
        const carrier_code_13 = carrier_12[i];
        if (carrier_states_3[carrier_code_13] === 0) fill_11(c, carrier_code_13);
        const carrier_14 = carrier_table_4[carrier_code_13];
        const and_15 = gt_2 & carrier_14;
        rows[n] = i - base;
        n = n + and_15 | 0;
      }
      return n;
    }
    function outputs_30(c, from, to, base, rows) {
      const unit_price_0 = c[0];
      const count_19 = c[5];
      const count_halves_20 = c[6];
      const out_values_24 = c[7];
      const out_second_28 = c[11];
      for (let j = from; j < to; j++) { // four rows a turn
        const i = base + rows[j];
        const p = j;
        const unit_price_17 = unit_price_0[i];
        const mul_18 = unit_price_17 * 2;
        const count_high_21 = count_halves_20[2 * i + 1];
        if ((count_high_21 + 0x200000) >>> 0 > 0x3fffff) return -1;
        const count_22 = count_high_21 * 4294967296 + (count_halves_20[2 * i] >>> 0);
        const add_23 = count_22 + 1;
        if (!(Math.abs(add_23) <= 9007199254740991)) return -1;
        out_values_24[p] = mul_18;
        out_second_28[2 * p] = add_23;
        out_second_28[2 * p + 1] = Math.floor(add_23 / 4294967296);
      }
      return 0;
    }
    function outputs_exact_36(c, from, to, base, rows) {
      const unit_price_0 = c[0];
      const count_19 = c[5];
      const out_values_24 = c[7];
      const out_values_27 = c[10];
      for (let j = from; j < to; j++) {
        const i = base + rows[j];
        const p = j;
        const unit_price_31 = unit_price_0[i];
        const mul_32 = unit_price_31 * 2;
        const count_33 = count_19[i];
        const add_34 = count_33 + 1n;
        if ((add_34 < -9223372036854775808n || add_34 > 9223372036854775807n)) {
          overflow(node_35, [count_33, 1n]);
        }
        out_values_24[p] = mul_32;
        out_values_27[p] = add_34;
      }
      return 0;
    }"
  `);
});

test("the code of totals has the vector loop that many rows go through", () => {
  const [n, x] = [columnNode("n", int32), columnNode("a `x`", float64)];
  const stage = {
    filter: callNode("lt", [x, literalNode(50, float64)], bool),
    outputs: [{ name: "n", value: callNode("neg", [n], int32) }],
  };
  const fields = [
    { name: "n", dtype: int32 },
    { name: "a `x`", dtype: float64 },
  ];
  const sum = { name: "sum", fn: "sum", arg: int32, params: [], dtype: int64 } as const;
  const loops = stageCode(stage, fields);
  const code = stageCode(stage, fields, [sum]);
  expect(code.startsWith(loops)).toBe(true);
  expect(code.slice(loops.length)).toMatchInlineSnapshot(`
    "
    // In lanes of WebAssembly, where a partition has many rows:
    // number_2 = Float64Array(50, 50)
    // number_8 = Int32Array(-2147483648, -2147483648, -2147483648, -2147483648)
    // number_10 = Int32Array(0, 0, 0, 0)
    // fault_13 = v128.or number_10 number_10
    // each four rows:
    //   a_x__0 = v128.load a_x_[row]
    //   a_x__1 = v128.load a_x_[row + 2]
    //   lt_3 = f64x2.lt a_x__0 number_2
    //   lt_4 = f64x2.lt a_x__1 number_2
    //   shuffle_5 = i8x16.shuffle lt_3 lt_4 [0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27]
    //   passed_6 = i32x4.sub passed_6 shuffle_5
    //   n_7 = v128.load n[row]
    //   eq_9 = i32x4.eq n_7 number_8
    //   sub_11 = i32x4.sub number_10 n_7
    //   and_12 = v128.and eq_9 shuffle_5
    //   fault_13 = v128.or fault_13 and_12
    //   and_14 = v128.and sub_11 shuffle_5
    //   extend_16 = i64x2.extend_low_i32x4_s and_14
    //   sum_15 = i64x2.add sum_15 extend_16
    //   extend_17 = i64x2.extend_high_i32x4_s and_14
    //   sum_15 = i64x2.add sum_15 extend_17
    // give up if any of fault_13
    // keep passed_6, sum_15"
  `);
  expect(stageCode(stage, fields, [{ ...sum, fn: "median" }])).toBe(loops);
});

test("no text of a user becomes code", () => {
  const hostile = 'x"`${globalThis.hit = 1}\n\u2028globalThis.hit = 1;//*/\\';
  const t = columnNode(hostile, utf8);
  const literal = literalNode(hostile, utf8);
  const block = makeBlock(2, [hostile], [columnOf(utf8, [hostile, "b"])]);
  const outputs = [
    { name: hostile, value: callNode("isIn", [t], bool, [hostile]) },
    { name: "eq", value: callNode("eq", [t, literal], bool) },
    { name: "part", value: callNode("contains", [t], bool, [hostile, null]) },
    { name: "new", value: callNode("replace", [t], utf8, [hostile, null, hostile]) },
    { name: "pattern", value: callNode("contains", [t], bool, ["`${globalThis.hit = 1}", ""]) },
    { name: "all", value: callNode("coalesce", [t, literal], utf8) },
  ];
  const stage = { filter: undefined, outputs };
  const { columns } = runStage(block, stage);
  expect(columns.slice(0, 3).map(valuesOf)).toEqual([
    [true, false],
    [true, false],
    [true, false],
  ]);
  const lines = stageCode(stage, [{ name: hostile, dtype: utf8 }]).split("\n");
  expect(lines.filter((line) => !line.startsWith("//")).join("\n")).not.toMatch(/[`"'$\\]/);
  expect("hit" in globalThis).toBe(false);
});
