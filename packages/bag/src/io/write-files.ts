import type { BlockInput, Collection, RunOptions } from "@millrace/graph";
import { CallSite, compute } from "@millrace/graph";
import type { Compression } from "@millrace/storage";
import { compressionOf, numberedUrls, stageFiles } from "@millrace/storage";
import { checkRunNames } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, partitionKeys, call, input, literal } from "../partitions.ts";
import type { WriteVerb } from "../steps/files.ts";
import { writePartition } from "../steps/files.ts";

/**
 * How files are written; the rest are options of the run.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { WriteFilesOptions } from "@millrace/bag";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/files-`);
 * const options: WriteFilesOptions = { compression: "gzip", overwrite: false };
 * const paths = await Bag.from(["a"]).toTextFiles(`${folder}/*.txt`, options);
 * paths.length; // => 1
 * ```
 */
export interface WriteFilesOptions extends RunOptions {
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
  /** Whether files that are there are replaced; default true. */
  readonly overwrite?: boolean;
}

/**
 * Writes one file a partition, a line an element; gives the paths in the order of the partitions.
 * Files take their names when all of them are written.
 */
export async function writeFiles(
  bag: Partitions,
  api: WriteVerb,
  pattern: string,
  options: WriteFilesOptions,
): Promise<string[]> {
  const site = new CallSite(writeFiles);
  checkRunNames(api, options, ["compression", "overwrite"]);
  const { compression = "infer", overwrite = true, ...runOptions } = options;
  if (typeof overwrite !== "boolean") {
    throw invalidArgument(api, "bad overwrite", overwrite, "true or false");
  }
  const paths = pathsOf(api, pattern, bag.npartitions);
  compressionOf(pattern, compression);
  try {
    const stage = await stageFiles(paths, { overwrite });
    try {
      // In a stage, what is there was written by an earlier attempt.
      const isStaged = stage.urls.every((url, i) => url !== paths[i]);
      const rest = [api, compression, overwrite || isStaged];
      await compute(writing(bag, stage.urls, rest), runOptions);
      await stage.commit();
    } catch (error) {
      // What went wrong first is the news; what stays is hidden, and never globbed.
      await stage.discard().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw site.tell(error);
  }
  return paths;
}

/** What writes each partition to one of `urls`. */
function writing(
  bag: Partitions,
  urls: readonly string[],
  rest: readonly unknown[],
): Collection<void> {
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: bag.layer },
    { kind: "values", values: urls },
  ];
  const steps = call(writePartition, input(0), input(1), ...rest.map(literal));
  const written = addBlocks(bag.graph, "write", { inputs, steps, count: bag.npartitions });
  return { graph: written.graph, outputKeys: partitionKeys(written), finalize: () => undefined };
}

function pathsOf(api: string, pattern: string, count: number): string[] {
  const paths = numberedUrls(pattern, count);
  if (paths !== undefined) return paths;
  const remedy = "The partition number takes the place of the star.";
  throw invalidArgument(api, "bad pattern", pattern, "a path with one *", remedy);
}
