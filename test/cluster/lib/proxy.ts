import net from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { pause } from "./until.ts";

/** `up`: from whoever connects to what is behind the proxy; `down`: the answers. */
export type Way = "up" | "down";

/** A source is not read while so much of it waits. */
const waitingBytesMax = 2 ** 20;

/**
 * A port that forwards to another one, and a network that goes wrong between them: bytes are held,
 * late, slow or damaged, connections break or cannot be made.
 */
export class Proxy implements AsyncDisposable {
  readonly port: number;
  /** Milliseconds by which every byte is late. */
  delayMs = 0;
  /** How much passes in each direction of each connection. */
  bytesPerSecond = Infinity;
  /** Who connects is turned away. */
  isRefusing = false;
  /** How many connections were made. */
  count = 0;
  readonly #server: Server;
  readonly #target: number;
  readonly #links = new Set<Link>();
  readonly #cut = new Set<Way>();
  #toCorrupt: { readonly way: Way; left: number } | undefined;

  /** A proxy of a port of this machine; it listens at `port`, or any that is free. */
  static async start(target: number, port: number = 0): Promise<Proxy> {
    const server = net.createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return new Proxy(server, target);
  }

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => this.#connect(socket));
  }

  /** How many connections are open. */
  get openCount(): number {
    return this.#links.size;
  }

  /** Whether bytes may pass in a direction. */
  isOpen(way: Way): boolean {
    return !this.#cut.has(way);
  }

  /** Nothing passes any more, and nobody is told: bytes wait until `heal`. */
  cut(...ways: readonly Way[]): void {
    for (const way of ways.length === 0 ? (["up", "down"] as const) : ways) this.#cut.add(way);
  }

  /** Everything passes again, what has waited first; connections may be made. */
  heal(): void {
    this.#cut.clear();
    this.isRefusing = false;
    this.delayMs = 0;
    this.bytesPerSecond = Infinity;
    for (const link of this.#links) link.flow();
  }

  /** All connections break; what is on its way is lost. */
  drop(): void {
    for (const link of this.#links) link.end();
  }

  /** One bit of a byte is turned, after so many others have passed in a direction from now on. */
  corrupt(way: Way, afterBytes: number = 0): void {
    this.#toCorrupt = { way, left: afterBytes };
  }

  /** Whether the byte that was to be damaged has passed. */
  get hasCorrupted(): boolean {
    return this.#toCorrupt === undefined;
  }

  /** The bytes as they arrive at the other end. */
  passed(way: Way, bytes: Buffer): Buffer {
    const wish = this.#toCorrupt;
    if (wish?.way !== way) return bytes;
    if (wish.left >= bytes.length) {
      wish.left -= bytes.length;
      return bytes;
    }
    this.#toCorrupt = undefined;
    const damaged = Buffer.from(bytes);
    damaged[wish.left]! ^= 0x10;
    return damaged;
  }

  #connect(near: Socket): void {
    if (this.isRefusing) {
      near.destroy();
      return;
    }
    this.count++;
    const far = net.connect(this.#target, "127.0.0.1");
    const link = new Link(this, near, far, () => this.#links.delete(link));
    this.#links.add(link);
  }

  /** Ends everything. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.drop();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A connection through the proxy. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #pipes: readonly Pipe[];
  readonly #ended: () => void;

  constructor(proxy: Proxy, near: Socket, far: Socket, ended: () => void) {
    this.#near = near;
    this.#far = far;
    this.#ended = ended;
    this.#pipes = [new Pipe(proxy, "up", near, far), new Pipe(proxy, "down", far, near)];
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      // The other side sees the connection end as well.
      socket.on("error", () => this.end());
      socket.on("close", () => this.#half());
    }
    near.resume();
  }

  flow(): void {
    for (const pipe of this.#pipes) void pipe.flow();
  }

  /** What has come from the side that is gone still arrives, unless its way is cut. */
  #half(): void {
    if (this.#pipes.every(({ isIdle }) => isIdle)) this.end();
    else setTimeout(() => this.#half(), 10).unref();
  }

  end(): void {
    for (const pipe of this.#pipes) pipe.stop();
    this.#near.destroy();
    this.#far.destroy();
    this.#ended();
  }
}

/** One direction of a connection. */
class Pipe {
  readonly #proxy: Proxy;
  readonly #way: Way;
  readonly #from: Socket;
  readonly #to: Socket;
  #waiting: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  #waitingBytes = 0;
  #isFlowing = false;
  #isStopped = false;

  constructor(proxy: Proxy, way: Way, from: Socket, to: Socket) {
    this.#proxy = proxy;
    this.#way = way;
    this.#from = from;
    this.#to = to;
    from.on("data", (bytes: Buffer) => {
      this.#waiting.push({ bytes, dueMs: performance.now() + proxy.delayMs });
      this.#waitingBytes += bytes.length;
      if (this.#waitingBytes > waitingBytesMax) from.pause();
      void this.flow();
    });
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
  }

  async flow(): Promise<void> {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    while (this.#waiting.length > 0 && this.#proxy.isOpen(this.#way)) {
      const { bytes, dueMs } = this.#waiting[0]!;
      const lateMs = dueMs - performance.now();
      if (lateMs > 0) await pause(lateMs);
      if (this.#isStopped || !this.#proxy.isOpen(this.#way)) break;
      this.#waiting.shift();
      this.#waitingBytes -= bytes.length;
      this.#to.write(this.#proxy.passed(this.#way, bytes));
      if (this.#waitingBytes <= waitingBytesMax) this.#from.resume();
      const { bytesPerSecond } = this.#proxy;
      if (bytesPerSecond < Infinity) await pause((1000 * bytes.length) / bytesPerSecond);
    }
    this.#isFlowing = false;
  }
}
