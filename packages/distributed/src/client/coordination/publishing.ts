import type { Collection } from "@millrace/graph";
import { checkOptions, formNamed, formOf, isCollection, quoteValue } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../../errors.ts";
import { optionRefusal } from "../../option-refusal.ts";
import type { Future } from "../futures/future.ts";
import type { Submitting } from "../futures/submit.ts";
import { graphOfHeld } from "../held.ts";
import type { Coordinating } from "./coordinating.ts";
import { checkName } from "./coordinating.ts";

/** How to publish. */
export interface PublishOptions {
  /** Whether a collection of this name may be there, which is replaced then; default false. */
  readonly overwrite?: boolean | undefined;
}

/** What the scheduler keeps of a collection. */
interface Published {
  readonly kind: string;
  readonly outline: unknown;
  readonly parts: readonly Future<unknown>[];
}

const space = "published";

/** Collections that clients of one scheduler find by their names. */
export class Publishing {
  readonly #with: Coordinating;
  readonly #submitting: Submitting;

  constructor(coordinating: Coordinating, submitting: Submitting) {
    this.#with = coordinating;
    this.#submitting = submitting;
  }

  /** See `Client.publish`. */
  async publish(
    name: string,
    collection: Collection<unknown>,
    options: PublishOptions,
  ): Promise<void> {
    const api = "Client.publish";
    checkName(api, name);
    checkOptions(api, options, ["overwrite"], optionRefusal);
    const { overwrite = false } = options;
    if (typeof overwrite !== "boolean") {
      throw optionRefusal(api, "bad overwrite", overwrite, "true or false");
    }
    const form = isCollection(collection) ? formOf(collection) : undefined;
    if (form === undefined) throw notPublishable(api, collection);
    const parts = this.#submitting.hold(collection.graph, collection.outputKeys);
    try {
      await Promise.all(parts.map((part) => part.settled()));
      const published: Published = { kind: form.kind, outline: form.outlineOf(collection), parts };
      const { number } = await this.#with.give<"number">(api, published, (value) => ({
        kind: "variable-set",
        space,
        name,
        isNew: !overwrite,
        value,
      }));
      if (number === 0) throw isThere(api, name);
    } finally {
      for (const part of parts) part.release();
    }
  }

  /** See `Client.published`. */
  async published(name: string): Promise<Collection<unknown>> {
    const api = "Client.published";
    checkName(api, name);
    const run = this.#with.client.reserveRun();
    const demand = { kind: "variable-get", space, name, waits: false, run } as const;
    const answer = await this.#with.ask<"value" | "nothing">(api, demand);
    if (answer.kind === "nothing") throw await this.#notThere(api, name);
    const { kind, outline, parts } = (await answer.value.read()) as Published;
    const held = parts.map((part) => part.held);
    const { graph, keys } = graphOfHeld(`published-${crypto.randomUUID()}`, held);
    return formNamed(api, kind).make(outline, graph, keys);
  }

  async #notThere(api: string, name: string): Promise<Error> {
    const names = await this.list();
    return new DistributedError(
      "distributed/not-published",
      `${api}: nothing is published under this name, got ${quoteValue(name)}, wanted one of ` +
        `${names.slice(0, namesShownMax).map(quoteValue).join(", ") || "none"}. Publish it first.`,
    );
  }

  /** See `Client.listPublished`. */
  async list(): Promise<readonly string[]> {
    const demand = { kind: "variable-names", space } as const;
    return (await this.#with.ask<"names">("Client.listPublished", demand)).names;
  }

  /** See `Client.unpublish`. */
  async unpublish(name: string): Promise<boolean> {
    checkName("Client.unpublish", name);
    const demand = { kind: "variable-delete", space, name } as const;
    return (await this.#with.ask<"number">("Client.unpublish", demand)).number === 1;
  }
}

const namesShownMax = 20;

function notPublishable(api: string, got: unknown): Error {
  return invalidArgument(
    api,
    "this cannot be published",
    quoteValue(got),
    "a Bag, a DataFrame or a Delayed",
    "Give single values to a variable.",
  );
}

function isThere(api: string, name: string): Error {
  return new DistributedError(
    "distributed/name-conflict",
    `${api}: something is published under this name, got ${quoteValue(name)}, wanted a new name. ` +
      "Unpublish it first, or set overwrite.",
  );
}
