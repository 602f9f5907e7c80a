export { DataFrameError } from "./errors.ts";
export type { DataFrameErrorCode } from "./errors.ts";
