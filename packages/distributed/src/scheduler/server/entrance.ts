import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { WebSocketServer } from "ws";
import { tlsOptions } from "../../deploy/security/tls.ts";
import type { Log } from "../../log.ts";
import { packageVersion } from "../../package-version.ts";
import type { Hello } from "../../wire/greeting.ts";
import { answer, hear } from "../../wire/greeting.ts";
import type { Refusal } from "./admission.ts";
import { Admission } from "./admission.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";
import { limitsOf } from "./scheduler-server-options.ts";
import { Strangers } from "./strangers.ts";

/** Who has so much to read is not answered that this side is there. */
const pongBytesMax = 2 ** 16;
/** Who was told why it may not come in has so long to end the connection itself. */
const refusedMs = 200;
/** Requests of one connection that wait for their answers. */
const openMax = 16;

type Server = ReturnType<typeof createServer>;

/** Who comes in. */
export interface Visitors {
  readonly requested: RequestListener;
  /** A peer has said who it is, and may be that; what this rejects with is told to it. */
  readonly met: (socket: WebSocket, hello: Hello) => Promise<void>;
}

/**
 * The port of a scheduler, and all that happens there before it is known who has come: HTTP and
 * WebSockets, the limits of strangers, token, certificate and greeting.
 */
export class Entrance {
  readonly port: number;
  readonly admission: Admission;
  readonly #log: Log;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #strangers: Strangers;
  /** Requests that have no answer yet, by their connection. */
  readonly #open = new WeakMap<Socket, number>();

  /** One that listens, and lets nobody in before `open`. Rejects where its address is not free. */
  static async listen(options: SchedulerServerOptions, log: Log): Promise<Entrance> {
    const { tls } = options;
    const { requestMs } = limitsOf(options);
    const timeouts = {
      // The system finds out about peers that are gone without a word.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      handshakeTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1_000, requestMs / 2),
    };
    const http =
      tls === undefined
        ? createServer(timeouts)
        : createSecureServer({ ...timeouts, ...tlsOptions(tls) });
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(options.port, options.host, () => {
        http.off("error", reject);
        resolve();
      });
    });
    return new Entrance(options, log, http);
  }

  private constructor(options: SchedulerServerOptions, log: Log, http: Server) {
    this.#log = log;
    this.#http = http;
    this.port = (http.address() as AddressInfo).port;
    this.admission = new Admission(options);
    this.#strangers = new Strangers(limitsOf(options).strangersMax);
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: 2 ** 21,
      // Who asks and never reads the answers would have them gathered for it.
      autoPong: false,
      // One frame of a peer a turn: who sends ever so many keeps nobody else waiting.
      allowSynchronousEvents: false,
    });
  }

  /** Lets in who may come in. */
  open({ requested, met }: Visitors): void {
    const http = this.#http;
    http.on("error", (error) => this.#log.error("http", { error: error.message }));
    http.on("request", (request, response) => this.#requested(request, response, requested));
    http.on("clientError", (error, socket) => refuseMalformed(error, socket));
    http.on("connection", (socket: Socket) => this.#strangers.came(socket));
    http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head, met));
  }

  /** Nobody needs many answers at a time on one connection: asked at once they stop the loop. */
  #requested(request: IncomingMessage, response: ServerResponse, requested: RequestListener): void {
    const { socket } = request;
    // What was behind it in the same bytes comes all the same.
    if (socket.destroyed) return;
    const open = 1 + (this.#open.get(socket) ?? 0);
    if (open > openMax) {
      this.#log.warn("refused", { from: socket.remoteAddress, reason: "many requests at once" });
      socket.destroy();
      return;
    }
    this.#open.set(socket, open);
    response.once("close", () => this.#open.set(socket, (this.#open.get(socket) ?? 1) - 1));
    requested(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, met: Visitors["met"]): void {
    socket.on("error", () => undefined);
    const refusal = this.admission.refusalOf(request);
    if (refusal !== undefined) {
      // A flood of guesses has a line of its own.
      if (refusal.status !== 429) {
        this.#log.warn("refused", { from: request.socket.remoteAddress, ...refusal });
      }
      refuse(socket, refusal);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      // One that nobody listens for would end the process.
      ws.on("error", () => undefined);
      ws.on("ping", (data: Buffer) => {
        if (ws.bufferedAmount < pongBytesMax) ws.pong(data);
      });
      void this.#meet(ws, request, met);
    });
  }

  async #meet(socket: WebSocket, request: IncomingMessage, met: Visitors["met"]): Promise<void> {
    try {
      const hello = await hear(socket, packageVersion);
      // What a task may do its worker may, too; so it shows the certificate that it has.
      const wanted = hello.isOfTasks === true ? "worker" : hello.role;
      const refusal = this.admission.roleRefusalOf(request, [wanted]);
      if (refusal !== undefined) {
        answer(socket, { kind: "refused", reason: refusal.reason });
        throw new Error(refusal.reason);
      }
      this.#strangers.met(request.socket);
      await met(socket, hello);
    } catch (error) {
      const reason = (error as Error).message;
      this.#log.warn("refused", { reason });
      socket.close(1_008, reason.slice(0, 100));
      setTimeout(() => socket.terminate(), refusedMs).unref();
    }
  }

  /** Lets nobody in any more, and ends the connections that are left. */
  async close(): Promise<void> {
    this.#sockets.close();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }
}

/** What is no HTTP, or too much of it, before there is a request. */
function refuseMalformed({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) socket.destroy();
  else if (code === "HPE_HEADER_OVERFLOW")
    refuse(socket, { status: 431, reason: "the headers are too long" });
  else if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    refuse(socket, { status: 408, reason: "the request took too long" });
  else refuse(socket, { status: 400, reason: "this is no request" });
}

/** Says why, and ends: who does not go after that is not waited for, or its place stayed taken. */
function refuse(socket: Duplex, { status, reason, afterS }: Refusal): void {
  const body = `${reason}\n`;
  const after = afterS === undefined ? "" : `Retry-After: ${afterS}\r\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      `${after}X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n` +
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), refusedMs).unref();
}
