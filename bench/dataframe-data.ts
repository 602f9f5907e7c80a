import { existsSync, mkdirSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { DuckDBInstance } from "@duckdb/node-api";

/** The same rows as files that every side reads. */
export interface GroupData {
  readonly parquet: string;
  readonly csv: string;
}

/** A database in memory with as many threads as the others have. */
export async function openDuckDb(threads: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", { threads: String(threads) });
  return instance.connect();
}

/**
 * The table of the h2o group-by benchmark: texts of 100 (id1, id2) and of rows/100 values (id3),
 * integers likewise (id4, id5, id6), small integers v1, v2 and a float64 v3. Every value comes from
 * the hash of its row, so the files are the same wherever they are made; they stay for the next
 * run.
 */
export async function groupData(rows: number): Promise<GroupData> {
  const folder = join(tmpdir(), "millrace-bench");
  mkdirSync(folder, { recursive: true });
  const data = { parquet: join(folder, `g${rows}.parquet`), csv: join(folder, `g${rows}.csv`) };
  if (existsSync(data.parquet) && existsSync(data.csv)) return data;
  const connection = await openDuckDb(2);
  await connection.run(`CREATE TABLE g AS ${groupSql(rows)}`);
  await write(connection, data.parquet, "FORMAT parquet, COMPRESSION zstd");
  await write(connection, data.csv, "FORMAT csv, HEADER");
  connection.closeSync();
  return data;
}

/** Under another name until it is whole, so that runs do not meet half of a file. */
async function write(connection: DuckDBConnection, file: string, options: string): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await connection.run(`COPY g TO '${unfinished}' (${options})`);
  renameSync(unfinished, file);
}

function groupSql(rows: number): string {
  const many = Math.max(1, Math.round(rows / 100));
  const random = (seed: number, below: number): string =>
    `(hash(i * 1000003 + ${seed}) % ${below})::INTEGER`;
  const text = (seed: number, below: number, digits: number): string =>
    `'id' || lpad((${random(seed, below)} + 1)::VARCHAR, ${digits}, '0')`;
  return `SELECT ${text(1, 100, 3)} AS id1, ${text(2, 100, 3)} AS id2,
    ${text(3, many, 10)} AS id3, ${random(4, 100)} + 1 AS id4, ${random(5, 100)} + 1 AS id5,
    ${random(6, many)} + 1 AS id6, ${random(7, 5)} + 1 AS v1, ${random(8, 15)} + 1 AS v2,
    ${random(9, 100_000_000)} / 1e6 AS v3 FROM range(${rows}) AS t(i)`;
}
