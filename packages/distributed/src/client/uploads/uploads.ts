import { quoteValue } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../../errors.ts";
import type { Coordinating } from "../coordination/coordinating.ts";
import { listOf } from "../futures/check-futures.ts";
import type { Scattering } from "../futures/scatter.ts";
import { hashFiles } from "./hash-files.ts";
import { readFiles } from "./read-files.ts";
import type { Upload } from "./upload.ts";
import { isFileName } from "./upload.ts";

/** What the scheduler keeps itself of files that are uploaded together; more is scattered. */
const smallBytesMax = 2 ** 18;
const namesShownMax = 20;
const space = "uploaded";

/** Files that all workers of a scheduler find by their names. */
export class Uploads {
  readonly #with: Coordinating;
  readonly #scattering: Scattering;

  constructor(coordinating: Coordinating, scattering: Scattering) {
    this.#with = coordinating;
    this.#scattering = scattering;
  }

  /** See `Client.upload`. */
  async send(given: string | URL | Iterable<string | URL>): Promise<readonly string[]> {
    const isOne = typeof given === "string" || given instanceof URL;
    const list = isOne ? [given] : listOf("Client.upload", "files", given);
    const { files, isModule } = await readFiles(list);
    const names = files.map(({ name }) => name);
    const facts = { hash: hashFiles(files, isModule), isModule };
    const bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    if (names.length * bytes <= smallBytesMax) await this.#keep(names, { ...facts, files });
    else {
      const [future] = await this.#scattering.scatter([files], { broadcast: true });
      try {
        if (future !== undefined) await this.#keep(names, { ...facts, files: future });
      } finally {
        future?.release();
      }
    }
    return names;
  }

  async #keep(names: readonly string[], upload: Upload): Promise<void> {
    for (const name of names) {
      await this.#with.give<"number">("Client.upload", upload, (value) => ({
        kind: "variable-set",
        space,
        name,
        isNew: false,
        value,
      }));
    }
  }

  /** What was uploaded last under the name of a file. */
  async find(api: string, name: string): Promise<Upload> {
    if (!isFileName(name)) {
      const wanted = "the name of a file, without a folder";
      throw invalidArgument(api, "bad name", quoteValue(name), wanted, "Name what was uploaded.");
    }
    const run = this.#with.client.reserveRun();
    const demand = { kind: "variable-get", space, name, waits: false, run } as const;
    const answer = await this.#with.ask<"value" | "nothing">(api, demand);
    if (answer.kind === "value") return (await answer.value.read()) as Upload;
    const asked = { kind: "variable-names", space } as const;
    const { names } = await this.#with.ask<"names">(api, asked);
    throw new DistributedError(
      "distributed/not-uploaded",
      `${api}: no file of this name was uploaded, got ${quoteValue(name)}, wanted one of ` +
        `${names.slice(0, namesShownMax).map(quoteValue).join(", ") || "none"}. Call ` +
        "Client.upload first.",
    );
  }
}
