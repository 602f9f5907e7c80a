import { quoteValue } from "@millrace/graph/tasks";
import type { Block } from "../../codec/block.ts";
import { invalidArgument } from "../../errors.ts";
import { parseAddress } from "./data-address.ts";
import { PeerLostError } from "./data-error.ts";
import { CLIENT_LIMITS, limitsFrom, type DataClientLimits } from "./data-limits.ts";
import type { DataWant } from "./data-messages.ts";
import type { Tls } from "../tls.ts";
import type { DataRole } from "./greeting.ts";
import { PeerConnection, type PeerTarget } from "./peer-connection.ts";
import { FetchBlocks, PushBlocks, type NamedBlock, type PeerRequest } from "./peer-request.ts";

/** A worker that has blocks or takes them. */
export interface DataPeer {
  /** As its server told it. */
  readonly address: string;
  /** Who shares a host shares a machine. */
  readonly host: string;
}

/** Who asks, and how. */
export interface DataClientOptions {
  readonly token: string | undefined;
  readonly tls?: Tls | undefined;
  /** The machine of this process, as workers tell theirs. */
  readonly host: string;
  /** By default a worker. */
  readonly role?: DataRole | undefined;
  /**
   * "network", the default: blocks have checksums where they leave the machine without TLS, which
   * has its own. "always": everywhere.
   */
  readonly checksums?: "network" | "always" | undefined;
  readonly limits?: Partial<DataClientLimits> | undefined;
}

/** What holds for one call. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Wants of one question; it has to fit into a frame of a mebibyte. */
const WANTS_MAX = 2 ** 15;
/** How often a question is asked anew that certainly was not heard. */
const TRIES_MAX = 3;

/**
 * Gets blocks from workers, and gives them some. Connections are kept for the next question, and
 * closed when nobody has used them for a while. What arrives is in memory that threads share; large
 * blocks for a client are in memories of their own.
 */
export class DataClient implements AsyncDisposable {
  readonly #options: DataClientOptions;
  readonly #limits: DataClientLimits;
  readonly #connections = new Map<string, PeerConnection[]>();
  /** Without a question, the one that was used least recently first. */
  readonly #idle = new Set<PeerConnection>();
  /** Addresses whose Unix socket cannot be used: another container, another user. */
  readonly #withoutSocket = new Set<string>();
  #isClosed = false;

  /**
   * @throws DistributedError `distributed/invalid-argument` for a limit that is no good
   */
  constructor(options: DataClientOptions) {
    this.#options = options;
    this.#limits = limitsFrom("DataClient", CLIENT_LIMITS, options.limits ?? {});
  }

  /** How many connections are open, for tests and for a look into a worker. */
  get connectionCount(): number {
    return [...this.#connections.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Blocks of a peer, in the order of `wants`; undefined for those that it has not. Each arrives in
   * one new shared memory.
   *
   * Rejects with `distributed/peer-lost` when the peer cannot be reached, dies or falls silent;
   * `distributed/corrupt-frame` when what it sends is damaged or longer than allowed;
   * `distributed/refused` and `distributed/version-mismatch` when it does not let this process in;
   * the reason of `signal`. Nothing of what had come is kept.
   */
  async fetch(
    peer: DataPeer,
    wants: readonly DataWant[],
    { signal }: AskOptions = {},
  ): Promise<readonly (Block | undefined)[]> {
    signal?.throwIfAborted();
    const blocks: (Block | undefined)[] = [];
    for (let at = 0; at < wants.length; at += WANTS_MAX) {
      const some = wants.slice(at, at + WANTS_MAX);
      const bytesMax = this.#limits.answerBytesMax;
      const answered = await this.#ask("fetch", peer, signal, (isChecked) => {
        // What a client gets it hands out, and nobody else here reads it.
        const isOwn = this.#options.role === "client";
        return new FetchBlocks(some, { bytesMax, isChecked, isOwn });
      });
      if (at === 0 && some.length === wants.length) return answered.blocks;
      blocks.push(...answered.blocks);
    }
    return blocks;
  }

  /**
   * Gives blocks to a peer, under their names. Says of each why it was not taken; undefined where
   * it was. A name that the peer has already stays as it is. Rejects as `fetch` does; then any of
   * the blocks may have been taken.
   */
  async push(
    peer: DataPeer,
    blocks: readonly NamedBlock[],
    { signal }: AskOptions = {},
  ): Promise<readonly (string | undefined)[]> {
    signal?.throwIfAborted();
    if (blocks.length === 0) return [];
    const answered = await this.#ask("push", peer, signal, () => new PushBlocks(blocks));
    return answered.refusals;
  }

  /** Ends all connections; what was asked is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const connections of this.#connections.values()) {
      for (const connection of connections) connection.close("an end of this client");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ask<R extends PeerRequest>(
    api: string,
    peer: DataPeer,
    signal: AbortSignal | undefined,
    requestFor: (isChecked: boolean) => R,
  ): Promise<R> {
    for (let tryCount = 1; ; tryCount++) {
      if (this.#isClosed) throw new PeerLostError(api, peer.address, "a call after close()");
      const target = this.#target(api, peer);
      const connection = this.#connectionTo(target);
      const request = requestFor(target.hello.isChecked);
      this.#idle.delete(connection);
      try {
        await connection.ask(api, request, signal);
        return request;
      } catch (error) {
        const isLast = tryCount === TRIES_MAX || this.#isClosed;
        if (!(error instanceof PeerLostError) || isLast) throw error;
        const isLocal = "path" in target.endpoint;
        if (error.isUnreached && isLocal) this.#withoutSocket.add(peer.address);
        // One that was let in and then cut off before an answer: it was about to be closed.
        else if (!(error.isUnheard && connection.isWelcome)) throw error;
      }
    }
  }

  #target(api: string, { address, host }: DataPeer): PeerTarget {
    const { token = "", role = "worker", checksums = "network", tls, host: own } = this.#options;
    const { socketPath, isTls, host: name, port } = parseAddress(api, address);
    const isHere = host === own;
    const isLocal = isHere && socketPath !== undefined && !this.#withoutSocket.has(address);
    if (!isLocal && isTls !== (tls !== undefined)) {
      const got = quoteValue(address);
      const wanted = isTls ? "certificates to connect with" : "one with TLS, as this process has";
      throw invalidArgument(api, "TLS on one side only", got, wanted, "Give both or none of them.");
    }
    const isChecked = checksums === "always" || !(isHere || isTls);
    return {
      address,
      endpoint: isLocal ? { path: socketPath } : { host: name, port },
      tls: isLocal ? undefined : tls,
      hello: { role, token, isChecked },
      limits: this.#limits,
    };
  }

  /** One that is idle, or a new one, or the one with the least to do. */
  #connectionTo(target: PeerTarget): PeerConnection {
    const open = this.#connections.get(target.address) ?? [];
    const [least] = open.toSorted((a, b) => a.pendingCount - b.pendingCount);
    const isEnough = least?.pendingCount === 0 || open.length >= this.#limits.connectionsMax;
    if (least !== undefined && isEnough) return least;
    const connection = new PeerConnection(target, (changed) => this.#changed(target, changed));
    this.#connections.set(target.address, [...open, connection]);
    return connection;
  }

  #changed({ address }: PeerTarget, connection: PeerConnection): void {
    this.#idle.delete(connection);
    if (!connection.isClosed) {
      this.#idle.add(connection);
      const [oldest] = this.#idle;
      if (this.#idle.size > this.#limits.idleMax) oldest?.close("others that are idle, too");
      return;
    }
    const others = this.#connections.get(address)?.filter((each) => each !== connection) ?? [];
    if (others.length > 0) this.#connections.set(address, others);
    else this.#connections.delete(address);
  }
}
