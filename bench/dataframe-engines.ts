import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { version } from "@duckdb/node-api";
import type { Collection, Executor } from "@millrace/graph";
import { compute, persist } from "@millrace/graph";
import type { Table } from "apache-arrow";
import type { Side } from "./dataframe-sides.ts";
import { checksum, cpuMsOf } from "./dataframe-sides.ts";

/** The same question to the two engines of this process; peers have it by its name. */
export interface Query {
  readonly frame: () => Collection<Table>;
  readonly sql: string;
  /** Columns of the result that tell groups apart: numbers, or texts that end in digits. */
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** The result stays in the engine, and its answer is made of every 997th row. */
  readonly stays?: boolean;
}

/** How far the rows are apart that answer for a result that stays in its engine. */
const SAMPLED = 997;

/** Frames of this project; what they compute is an Arrow Table. */
export function millraceSide(queries: Record<string, Query>, executor: Executor): Side {
  let answer: () => Promise<number[]>;
  const kept = async ({ frame, values }: Query): Promise<void> => {
    const sorted = await persist(frame(), { executor });
    answer = async () => {
      const table = await compute<Table>(sorted, { executor });
      return sampled(values.map((name) => columnOf(table, name)));
    };
  };
  const computed = async ({ frame, keys, values }: Query): Promise<void> => {
    const table = await compute<Table>(frame(), { executor });
    const column = (name: string): Float64Array => columnOf(table, name);
    answer = () => Promise.resolve(checksum(keys.map(column), values.map(column)));
  };
  return {
    name: "Millrace",
    run: (name) => {
      const query = queries[name] as Query;
      return cpuMsOf(() => (query.stays ? kept(query) : computed(query)));
    },
    answer: () => answer(),
    close: () => undefined,
  };
}

function columnOf(table: Table, name: string): Float64Array {
  return Float64Array.from(table.getChild(name) as Iterable<unknown>, numberOf);
}

/** DuckDB; results are fetched as chunks of columns, as they are in Arrow Tables. */
export function duckDbSide(queries: Record<string, Query>, connection: DuckDBConnection): Side {
  let answer: () => Promise<number[]>;
  const kept = async ({ sql, values }: Query): Promise<void> => {
    await connection.run(`CREATE OR REPLACE TEMP TABLE result AS ${sql}`);
    answer = async () => {
      const rows = await connection.runAndReadAll(`SELECT ${values.join()} FROM result`);
      return sampled(rows.getColumns().map((column) => Float64Array.from(column, numberOf)));
    };
  };
  const fetched = async ({ sql, keys, values }: Query): Promise<void> => {
    const result = await connection.run(sql);
    const chunks = await result.fetchAllChunks();
    answer = async () => {
      const names = result.columnNames();
      const column = (name: string): Float64Array => {
        const at = names.indexOf(name);
        return Float64Array.from(
          chunks.flatMap((chunk): readonly DuckDBValue[] => chunk.getColumnValues(at)),
          numberOf,
        );
      };
      return checksum(keys.map(column), values.map(column));
    };
  };
  return {
    name: `DuckDB ${version()}`,
    run: (name) => {
      const query = queries[name] as Query;
      return cpuMsOf(() => (query.stays ? kept(query) : fetched(query)));
    },
    answer: () => answer(),
    close: () => connection.closeSync(),
  };
}

/** The number of rows, and the sum of every so manyth value in millionths, which are whole. */
function sampled(columns: readonly Float64Array[]): number[] {
  const sums = columns.map((column) => {
    let sum = 0;
    for (let i = 0; i < column.length; i += SAMPLED) sum += Math.round(1e6 * (column[i] as number));
    return sum;
  });
  return [columns[0]?.length ?? 0, ...sums];
}

function numberOf(value: unknown): number {
  return typeof value === "string" ? Number(value.slice(2)) : Number(value);
}
