import type { DType } from "../../dtype.ts";
import type { Place, VectorOp } from "./vector-module.ts";

/**
 * How lanes hold the values of four rows: whole numbers and dates in 32 bits, truth as 32 bits that
 * are all set or none, doubles in two vectors of two.
 */
export type Lanes = "i32x4" | "f32x4" | "f64x2" | "mask";

/** Values of four rows, in one vector or two. */
export interface Vector {
  readonly lanes: Lanes;
  readonly parts: readonly string[];
}

/** How values of a dtype come from memory into lanes. */
export interface LaneFormat {
  readonly lanes: Lanes;
  /** Bytes of a value in memory. */
  readonly width: Place["width"];
  readonly load: VectorOp;
  /** What makes 32 bits of fewer, one after the other. */
  readonly widen: readonly VectorOp[];
}

function format(
  lanes: Lanes,
  width: Place["width"],
  load: VectorOp = "v128.load",
  widen: readonly VectorOp[] = [],
): LaneFormat {
  return { lanes, width, load, widen };
}

const signedBytes = ["i16x8.extend_low_i8x16_s", "i32x4.extend_low_i16x8_s"] as const;
const unsignedBytes = ["i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u"] as const;

const formats: Partial<Readonly<Record<DType["kind"], LaneFormat>>> = {
  bool: format("mask", 1, "v128.load32_zero", unsignedBytes),
  int8: format("i32x4", 1, "v128.load32_zero", signedBytes),
  uint8: format("i32x4", 1, "v128.load32_zero", unsignedBytes),
  int16: format("i32x4", 2, "v128.load16x4_s"),
  uint16: format("i32x4", 2, "v128.load16x4_u"),
  int32: format("i32x4", 4),
  date: format("i32x4", 4),
  float32: format("f32x4", 4),
  float64: format("f64x2", 8),
};

/** The format of a dtype; undefined for one that has no lanes. */
export function laneFormat(dtype: DType): LaneFormat | undefined {
  return formats[dtype.kind];
}
