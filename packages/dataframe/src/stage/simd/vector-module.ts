/** Instructions of vectors that are used, by the numbers that they have behind the prefix 0xfd. */
const opcodes = {
  "v128.load": 0,
  "v128.load16x4_s": 3,
  "v128.load16x4_u": 4,
  "v128.store": 11,
  "v128.const": 12,
  "i8x16.shuffle": 13,
  "i32x4.eq": 55,
  "i32x4.ne": 56,
  "i32x4.lt_s": 57,
  "i32x4.gt_s": 59,
  "i32x4.gt_u": 60,
  "i32x4.le_s": 61,
  "i32x4.ge_s": 63,
  "f32x4.eq": 65,
  "f32x4.ne": 66,
  "f32x4.lt": 67,
  "f32x4.gt": 68,
  "f32x4.le": 69,
  "f32x4.ge": 70,
  "f64x2.eq": 71,
  "f64x2.ne": 72,
  "f64x2.lt": 73,
  "f64x2.gt": 74,
  "f64x2.le": 75,
  "f64x2.ge": 76,
  "v128.not": 77,
  "v128.and": 78,
  "v128.or": 80,
  "v128.xor": 81,
  "v128.bitselect": 82,
  "v128.any_true": 83,
  "v128.load32_zero": 92,
  "f32x4.demote_f64x2_zero": 94,
  "f64x2.promote_low_f32x4": 95,
  "i16x8.extend_low_i8x16_s": 135,
  "i16x8.extend_low_i8x16_u": 137,
  "f32x4.ceil": 103,
  "f32x4.floor": 104,
  "f64x2.ceil": 116,
  "f64x2.floor": 117,
  "i32x4.abs": 160,
  "i32x4.extend_low_i16x8_s": 167,
  "i32x4.extend_low_i16x8_u": 169,
  "i32x4.add": 174,
  "i32x4.sub": 177,
  "i32x4.mul": 181,
  "i32x4.min_s": 182,
  "i32x4.max_s": 184,
  "i64x2.extend_low_i32x4_s": 199,
  "i64x2.extend_high_i32x4_s": 200,
  "i64x2.add": 206,
  "i64x2.extmul_low_i32x4_s": 220,
  "i64x2.extmul_high_i32x4_s": 221,
  "f32x4.abs": 224,
  "f32x4.neg": 225,
  "f32x4.sqrt": 227,
  "f32x4.add": 228,
  "f32x4.sub": 229,
  "f32x4.mul": 230,
  "f32x4.div": 231,
  "f64x2.abs": 236,
  "f64x2.neg": 237,
  "f64x2.sqrt": 239,
  "f64x2.add": 240,
  "f64x2.sub": 241,
  "f64x2.mul": 242,
  "f64x2.div": 243,
  "f32x4.convert_i32x4_s": 250,
  "f64x2.convert_low_i32x4_s": 254,
} as const;

/** An instruction of vectors. */
export type VectorOp = keyof typeof opcodes;

/** One line of a vector loop, which sets a variable; all variables are vectors of 16 bytes. */
export type Step =
  | {
      readonly kind: "constant";
      readonly to: string;
      readonly bytes: Uint8Array;
      readonly shown: string;
    }
  | { readonly kind: "load"; readonly to: string; readonly op: VectorOp; readonly from: Place }
  | {
      readonly kind: "op";
      readonly to: string;
      readonly op: VectorOp;
      readonly args: readonly string[];
      /** Which bytes of both arguments a shuffle takes. */
      readonly picks: readonly number[];
    };

/** Where values of a turn stand: `address` + row * `width`. */
export interface Place {
  readonly address: number;
  readonly width: 1 | 2 | 4 | 8;
  readonly shown: string;
}

/** A function that goes over rows four at a time and keeps totals in memory. */
export interface VectorLoop {
  /** What is set once, before the loop. */
  readonly heads: readonly Step[];
  readonly body: readonly Step[];
  /** Lanes in which something went wrong: where there are some, totals stay as they were. */
  readonly fault: string | undefined;
  /** Variables that go on from memory, and back to it; `address` is a multiple of 16. */
  readonly totals: readonly { readonly name: string; readonly address: number }[];
}

/** What is exported: does so many rows, a multiple of four and not 0; gives 0 if it gave up. */
export type VectorFunction = (rows: number) => number;

/** Rows of a turn. */
export const TURN_ROWS = 4;

const [i32, v128] = [0x7f, 0x7b];

/** Instructions that are none of vectors. */
const plain = {
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  brIf: 0x0d,
  return: 0x0f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32LtU: 0x49,
  i32Add: 0x6a,
  i32Shl: 0x74,
} as const;

/** The type of a block that leaves nothing. */
const nothing = 0x40;

/** The first variables of the function: how many rows, which is its argument, and the row. */
const [rows, row] = [0, 1];

/** The module of a loop: it imports its memory as `env.memory` and exports `run`. */
export function vectorModule(loop: VectorLoop): Uint8Array {
  const code = functionBody(loop);
  return Uint8Array.from([
    ...Buffer.from("\0asm\x01\0\0\0"),
    ...section(1, [[0x60, ...list([[i32]]), ...list([[i32]])]]),
    ...section(2, [[...name("env"), ...name("memory"), 0x02, 0x00, 0x01]]),
    ...section(3, [[0]]),
    ...section(7, [[...name("run"), 0x00, 0x00]]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ]);
}

function functionBody({ heads, body, fault, totals }: VectorLoop): readonly number[] {
  const names = new Set([...totals, ...heads, ...body].map((each) => nameOf(each)));
  const numbers = new Map([...names].map((each, i) => [each, unsigned(i + 2)]));
  const get = (each: string): readonly number[] => [plain.localGet, ...(numbers.get(each) ?? [])];
  const set = (each: string): readonly number[] => [plain.localSet, ...(numbers.get(each) ?? [])];
  const write = (step: Step): readonly number[] => [...valueOf(step, get), ...set(step.to)];
  const zero = [plain.i32Const, 0];
  const next = [plain.localGet, row, plain.i32Const, TURN_ROWS, plain.i32Add, plain.localTee, row];
  const isMore = [plain.localGet, rows, plain.i32LtU];
  const giveUp = [plain.if, nothing, ...zero, plain.return, plain.end];
  return [
    ...list([
      [1, i32],
      [...unsigned(names.size), v128],
    ]),
    ...heads.flatMap(write),
    ...totals.flatMap((t) => [...zero, ...access("v128.load", t.address), ...set(t.name)]),
    plain.loop,
    nothing,
    ...body.flatMap(write),
    ...next,
    ...isMore,
    plain.brIf,
    0,
    plain.end,
    ...(fault === undefined ? [] : [...get(fault), ...vectorOp("v128.any_true"), ...giveUp]),
    ...totals.flatMap((t) => [...zero, ...get(t.name), ...access("v128.store", t.address)]),
    plain.i32Const,
    1,
    plain.end,
  ];
}

function nameOf(each: Step | VectorLoop["totals"][number]): string {
  return "to" in each ? each.to : each.name;
}

function valueOf(step: Step, get: (each: string) => readonly number[]): readonly number[] {
  switch (step.kind) {
    case "constant":
      return [...vectorOp("v128.const"), ...step.bytes];
    case "load": {
      const { address, width } = step.from;
      const shift = [plain.i32Const, Math.log2(width), plain.i32Shl];
      return [plain.localGet, row, ...shift, ...access(step.op, address)];
    }
    case "op":
      return [...step.args.flatMap(get), ...vectorOp(step.op), ...step.picks];
  }
}

/** Of memory at an address; the processor is told nothing of how it is aligned. */
function access(op: VectorOp, address: number): readonly number[] {
  return [...vectorOp(op), 0, ...unsigned(address)];
}

function vectorOp(op: VectorOp): readonly number[] {
  return [0xfd, ...unsigned(opcodes[op])];
}

function section(id: number, items: readonly (readonly number[])[]): readonly number[] {
  const content = list(items);
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly (readonly number[])[]): readonly number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): readonly number[] {
  const bytes = [...Buffer.from(text)];
  return [...unsigned(bytes.length), ...bytes];
}

/** A number as LEB128: seven bits a byte, the lowest first. */
function unsigned(n: number): readonly number[] {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)];
}

/** A loop as text, a line a step. */
export function vectorText({ heads, body, fault, totals }: VectorLoop): readonly string[] {
  return [
    ...heads.map(stepText),
    "each four rows:",
    ...body.map((step) => `  ${stepText(step)}`),
    ...(fault === undefined ? [] : [`give up if any of ${fault}`]),
    `keep ${totals.map(({ name: total }) => total).join(", ")}`,
  ];
}

function stepText(step: Step): string {
  switch (step.kind) {
    case "constant":
      return `${step.to} = ${step.shown}`;
    case "load":
      return `${step.to} = ${step.op} ${step.from.shown}`;
    case "op":
      return `${step.to} = ${[step.op, ...step.args].join(" ")}${picksText(step.picks)}`;
  }
}

function picksText(picks: readonly number[]): string {
  return picks.length === 0 ? "" : ` [${picks.join(" ")}]`;
}
