import type { Step } from "@millrace/graph";
import type { ScanNode } from "../plan/node.ts";
import { readCsvPart } from "../io/csv/read-csv-part.ts";
import { readIpcPart } from "../io/ipc/read-ipc-part.ts";
import { readJsonLinesPart } from "../io/json-lines/read-json-lines-part.ts";
import { readParquetPart } from "../io/parquet/read-parquet-part.ts";
import { call, literal } from "./partitions.ts";

type StepArg = Step["args"][number];

/** The step that reads a partition of files, whose description is `part`. */
export function readStep({ source, columns, predicate, limit }: ScanNode, part: StepArg): Step {
  const args = [
    part,
    literal(source.options),
    literal(columns),
    literal(predicate),
    literal(limit),
  ];
  switch (source.format) {
    case "csv":
      return call(readCsvPart, ...args);
    case "parquet":
      return call(readParquetPart, ...args);
    case "arrow":
      return call(readIpcPart, ...args);
    case "json-lines":
      return call(readJsonLinesPart, ...args);
  }
}
