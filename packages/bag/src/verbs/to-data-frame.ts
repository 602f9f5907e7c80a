import type { CollectionOf } from "@millrace/graph";
import { makeCollection } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";

/** A frame of a schema; without one a Promise of a frame, for its columns are not known before. */
export type DataFrameOf<T, S> = undefined extends S
  ? Promise<CollectionOf<"dataframe", T>>
  : CollectionOf<"dataframe", T, S>;

/** The elements as rows of a frame; where no schema is given the data is looked at first. */
export function toDataFrame<T, S>(bag: Partitions, schema: S): DataFrameOf<T, S> {
  const { graph, layer, npartitions } = bag;
  const parts = { graph, layer, npartitions, ...(schema === undefined ? {} : { schema }) };
  return makeCollection("toDataFrame", "dataframe", parts) as DataFrameOf<T, S>;
}
