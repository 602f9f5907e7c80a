import { pageUrl } from "../../deploy/security/page-ticket.ts";
import { optionRefusal } from "../../option-refusal.ts";
import type { ClientTransport } from "../client-options.ts";
import { addressIn } from "../client-options.ts";
import { ApiReader } from "./api-reader.ts";
import { dump } from "./dump.ts";
import type { ClusterInfo } from "./questions.ts";
import { clusterInfo, logOf, logsOfAll } from "./questions.ts";

/** What a client asks its scheduler over HTTP, for those who watch it. */
export class Watching {
  readonly #transport: ClientTransport;

  constructor(transport: ClientTransport) {
    this.#transport = transport;
  }

  /** See `Client.info`. */
  async info(): Promise<ClusterInfo> {
    return clusterInfo(this.#reader("Client.info"));
  }

  /** See `Client.workerLogs`. */
  async workerLogs(name: string | undefined): Promise<ReadonlyMap<string, readonly string[]>> {
    const api = this.#reader("Client.workerLogs");
    return name === undefined ? logsOfAll(api) : new Map([[name, await logOf(api, name)]]);
  }

  /** See `Client.schedulerLogs`. */
  async schedulerLogs(): Promise<readonly string[]> {
    return logOf(this.#reader("Client.schedulerLogs"), undefined);
  }

  /** See `Client.dump`. */
  async dump(path: string): Promise<void> {
    if (typeof path !== "string" || path === "") {
      throw optionRefusal("Client.dump", "bad path", path, "the path of a file");
    }
    await dump(this.#reader("Client.dump"), path);
  }

  /** See `Client.pageUrl`. */
  pageUrl(): string {
    const { url, token } = addressIn("Client.pageUrl", this.#transport);
    return pageUrl(url, token, Date.now());
  }

  /** Who has no token cannot ask over HTTP. */
  #reader(api: string): ApiReader {
    return new ApiReader(addressIn(api, this.#transport), "Client");
  }
}
