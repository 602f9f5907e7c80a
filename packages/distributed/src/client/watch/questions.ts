import type { ApiCluster, ApiLogs, ApiWorker, ApiWorkers } from "../../http/api.ts";
import { DistributedError } from "../../errors.ts";
import type { ApiReader } from "./api-reader.ts";

/** A scheduler, how much there is of everything, and its workers. */
export interface ClusterInfo extends ApiCluster {
  readonly workers: readonly ApiWorker[];
}

/** What `/api/v1/cluster` and `/api/v1/workers` say. */
export async function clusterInfo(api: ApiReader): Promise<ClusterInfo> {
  const [cluster, workers] = await Promise.all([
    api.read<ApiCluster>("/api/v1/cluster", "version"),
    allWorkers(api),
  ]);
  return { ...cluster, workers };
}

/** All workers, page by page. */
export async function allWorkers(api: ApiReader): Promise<readonly ApiWorker[]> {
  const found: ApiWorker[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.read<ApiWorkers>("/api/v1/workers", "workers", { limit: 1_000, cursor });
    found.push(...page.workers);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** The last lines of the log of a worker. */
export async function logOf(
  api: ApiReader,
  worker: string | undefined,
  limit?: number,
): Promise<readonly string[]> {
  const { lines } = await api.read<ApiLogs>("/api/v1/logs", "lines", { worker, limit });
  return lines;
}

/** Workers that are asked at a time. */
const askedMax = 16;

/** The last lines of the logs of all workers; of one that does not tell, why not. */
export async function logsOfAll(
  api: ApiReader,
  limit?: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = [...new Set((await allWorkers(api)).map(({ name }) => name))];
  const logs = new Map<string, readonly string[]>(names.map((name) => [name, []]));
  const left = names.values();
  const ask = async (): Promise<void> => {
    for (const name of left) {
      try {
        logs.set(name, await logOf(api, name, limit));
      } catch (error) {
        // It may have gone since it was listed, or be too busy.
        if (!isUnanswered(error)) throw error;
        logs.set(name, [error.message]);
      }
    }
  };
  await Promise.all(Array.from({ length: askedMax }, ask));
  return logs;
}

function isUnanswered(error: unknown): error is DistributedError {
  return error instanceof DistributedError && error.code === "distributed/request-failed";
}
