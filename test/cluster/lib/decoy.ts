import { parseAddress } from "../../../packages/distributed/dist/wire/data/data-address.js";
import { DataServer } from "../../../packages/distributed/dist/wire/data/data-server.js";
import type { Contact } from "../../../packages/distributed/dist/worker/host/worker-timing.js";

/** Where others look for the values of a worker there is somebody who says that there are none. */
export class Decoy implements AsyncDisposable {
  /** What the worker says of where its values are. */
  readonly contact: Contact;
  /** The values that were asked for. */
  readonly asked: number[];
  readonly #server: DataServer;

  static async start(token: string): Promise<Decoy> {
    const asked: number[] = [];
    const server = await DataServer.listen({
      host: "127.0.0.1",
      token,
      blockOf: async ({ id }) => {
        asked.push(id);
        return undefined;
      },
    });
    return new Decoy(server, asked);
  }

  private constructor(server: DataServer, asked: number[]) {
    const { port } = parseAddress("test", server.address);
    this.contact = { host: "127.0.0.1", port, servedPort: 0 };
    this.asked = asked;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
