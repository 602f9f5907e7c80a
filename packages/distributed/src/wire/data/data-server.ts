import { randomBytes } from "node:crypto";
import { chmod } from "node:fs/promises";
import net, { type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { quoteValue } from "@millrace/graph/tasks";
import type { Block } from "../../codec/block.ts";
import { invalidArgument } from "../../errors.ts";
import type { Tls } from "../tls.ts";
import { formatAddress } from "./data-address.ts";
import { SERVER_LIMITS, limitsFrom, type DataServerLimits } from "./data-limits.ts";
import { tlsSettings } from "./data-tls.ts";
import { Gate } from "./gate.ts";
import { ServedConnection } from "./served-connection.ts";
import type { BlockName, DataLog, ServerParts } from "./server-parts.ts";

/** Where blocks are served, to whom, and where they come from. */
export interface DataServerOptions {
  /** The interface to listen at: an address or a name of this machine. */
  readonly host: string;
  /** The host in the address that is told, where peers know the machine by another one. */
  readonly advertisedHost?: string | undefined;
  /** The port in the address that is told, where something forwards it to this one. */
  readonly advertisedPort?: number | undefined;
  /** By default any that is free. */
  readonly port?: number | undefined;
  /**
   * A folder that only this user may enter. Given one, processes of this machine are served by a
   * Unix socket in it, too, unless its path is too long for the system or there is no token.
   */
  readonly socketDirectory?: string | undefined;
  /** Undefined where certificates alone say who may come in. */
  readonly token: string | undefined;
  readonly tls?: Tls | undefined;
  /** A value of this worker; undefined, or a rejection, where it is not to be had. */
  readonly blockOf: (name: BlockName) => Promise<Block | undefined>;
  /** Keeps a value that a client brings; a rejection is told to it. None is taken without. */
  readonly take?: ((name: BlockName, block: Block) => Promise<void>) | undefined;
  readonly log?: DataLog | undefined;
  readonly limits?: Partial<DataServerLimits> | undefined;
}

/** The system takes paths of sockets of up to so many bytes, where the least of them do. */
const SOCKET_PATH_BYTES_MAX = process.platform === "darwin" ? 103 : 107;
/** Connections that the system accepts before this process does. */
const BACKLOG = 511;

/**
 * Gives the values of a worker to other workers and to clients, and takes those that clients bring.
 * Bytes go as they are from memory to the sockets; of a value in pieces only what is asked for.
 */
export class DataServer implements AsyncDisposable {
  readonly #servers: readonly Server[];
  readonly #parts: ServerParts;
  readonly #sockets = new Set<Socket>();
  readonly #authenticated = new Set<ServedConnection>();
  #address = "";
  #closing: Promise<void> | undefined;

  private constructor(servers: readonly Server[], parts: ServerParts) {
    this.#servers = servers;
    this.#parts = parts;
    // Before anybody can connect.
    for (const server of servers) {
      const isTls = server instanceof tls.Server;
      server.on("connection", (socket: Socket) => {
        if (this.#isFull) socket.destroy();
        else if (isTls) this.#count(socket);
        else this.#count(this.#serve(socket));
      });
      server.on("secureConnection", (socket: Socket) => this.#serve(socket));
      // A peer that speaks no TLS, has no certificate of ours, or says nothing, which ends nothing.
      server.on("tlsClientError", ({ message }: Error, socket: Socket) => {
        parts.log?.debug("data peer refused: no TLS", { reason: message });
        socket.destroy();
      });
    }
  }

  /**
   * A server that listens.
   *
   * @throws DistributedError `distributed/invalid-argument` for an option that is no good; what
   *   the system says where it cannot listen, such as `EADDRINUSE`
   */
  static async listen(options: DataServerOptions): Promise<DataServer> {
    const limits = limitsFrom("DataServer.listen", SERVER_LIMITS, options.limits ?? {});
    const { token, blockOf, take, log } = options;
    checkOptions(options);
    const parts: ServerParts = {
      limits,
      token,
      blockOf,
      take,
      log,
      answers: new Gate(limits.answersMax),
      bytes: new Gate(limits.answerBytesMax),
    };
    const network =
      options.tls === undefined
        ? net.createServer({ pauseOnConnect: true })
        : tls.createServer({ ...tlsSettings(options.tls), handshakeTimeout: limits.handshakeMs });
    // Without a token nobody would be asked who they are there.
    const path = token === undefined ? undefined : socketPathIn(options.socketDirectory);
    const local = path === undefined ? [] : [net.createServer({ pauseOnConnect: true })];
    const server = new DataServer([network, ...local], parts);
    try {
      await server.#start(options, path);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** How peers find this server, as one text. */
  get address(): string {
    return this.#address;
  }

  /** How many sockets are open, for tests and for a look into a worker. */
  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Ends all connections, whatever is on its way, and listens no more. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(
      this.#servers.map(async (server) => {
        const closed = new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
        for (const socket of this.#sockets) socket.destroy();
        await closed;
      }),
    ).then(() => undefined);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #start(options: DataServerOptions, socketPath: string | undefined): Promise<void> {
    const { host, port = 0, advertisedHost = host, advertisedPort } = options;
    const [network, local] = this.#servers as [Server, Server | undefined];
    await listening(network, () => network.listen({ host, port, backlog: BACKLOG }));
    if (local !== undefined && socketPath !== undefined) {
      await listening(local, () => local.listen({ path: socketPath, backlog: BACKLOG }));
      await chmod(socketPath, 0o600);
    }
    for (const server of this.#servers) {
      server.on("error", (error) =>
        this.#parts.log?.warn("data server", { reason: error.message }),
      );
    }
    this.#address = formatAddress({
      isTls: options.tls !== undefined,
      host: advertisedHost,
      port: advertisedPort ?? (network.address() as AddressInfo).port,
      socketPath,
    });
  }

  /** A peer has shown its token: undefined where it may stay, or why not. */
  #admit(connection: ServedConnection): string | undefined {
    const { connectionsMax } = this.#parts.limits;
    if (this.#authenticated.size >= connectionsMax) {
      const idle = [...this.#authenticated].find(({ isIdle }) => isIdle);
      if (idle === undefined) return `this worker serves ${connectionsMax} peers already`;
      idle.close("another peer needs its place");
      this.#authenticated.delete(idle);
    }
    this.#authenticated.add(connection);
    return undefined;
  }

  get #isFull(): boolean {
    const unauthenticated = this.#sockets.size - this.#authenticated.size;
    const { unauthenticatedMax } = this.#parts.limits;
    return unauthenticated >= unauthenticatedMax || this.#closing !== undefined;
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    // Under one of TLS this may fail on its own.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  /** Gives the socket by which the peer is served. */
  #serve(accepted: Socket): Socket {
    const { socket } = new ServedConnection(accepted, this.#parts, {
      authenticated: (connection) => this.#admit(connection),
      closed: (connection) => this.#authenticated.delete(connection),
    });
    return socket;
  }
}

function checkOptions({ host, advertisedHost = host, token, tls: files }: DataServerOptions): void {
  const api = "DataServer.listen";
  if (token === undefined && files === undefined) {
    throw invalidArgument(
      api,
      "anybody could read the values",
      "neither a token nor certificates",
      "one of them",
      "Pass `token`.",
    );
  }
  if (/^(?:0\.0\.0\.0|::)?$/.test(advertisedHost)) {
    const wanted = "the address of this machine";
    const got = quoteValue(advertisedHost);
    throw invalidArgument(api, "peers cannot connect to it", got, wanted, "Pass `advertisedHost`.");
  }
}

/** A path that no other has; undefined where the system would not take it. */
function socketPathIn(directory: string | undefined): string | undefined {
  if (directory === undefined || process.platform === "win32") return undefined;
  const path = join(directory, `${randomBytes(6).toString("hex")}.sock`);
  return Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX ? undefined : path;
}

async function listening(server: Server, start: () => unknown): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    start();
  });
}
