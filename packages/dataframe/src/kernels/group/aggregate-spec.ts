import type { DType, Field } from "../../dtype.ts";
import type { AggregateName } from "../../expr/typed.ts";

/** One aggregate as kernels need it, plain data. */
export interface AggregateSpec {
  /** Of the column that comes out. */
  readonly name: string;
  readonly fn: AggregateName;
  /** Of the argument; undefined where there is none. */
  readonly arg: DType | undefined;
  /** `q` of quantiles. */
  readonly params: readonly number[];
  /** Of the result. */
  readonly dtype: DType;
}

/** What a group by works out, plain data. */
export interface GroupSpec {
  readonly keys: readonly Field[];
  readonly aggregates: readonly AggregateSpec[];
}
