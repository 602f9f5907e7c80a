import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../log.ts";
import type { Admission, Refusal } from "../scheduler/server/admission.ts";
import { pagePolicy, strangerPage } from "./page.ts";
import type { PageSessions } from "./page-sessions.ts";
import { BadRequest, Query } from "./query.ts";
import type { Answer } from "./response.ts";
import { jsonAnswer, send } from "./response.ts";
import { routes } from "./routes.ts";
import type { Watched } from "./watched.ts";

/** Requests that are being answered; further ones are turned away. */
const requestsMax = 64;
/** An answer must have been taken by then. */
const answerMs = 30_000;
/** Characters of what is asked for. */
const targetMax = 4_096;

/** What the HTTP interface of a scheduler is made of. */
export interface HttpApiOptions {
  readonly watched: Watched;
  readonly admission: Admission;
  /** Undefined where everybody may come in. */
  readonly sessions: PageSessions | undefined;
  readonly log: Log;
}

/**
 * Answers the requests that are no upgrades. Nothing is changed by any, so there is no other method
 * than GET and HEAD; nothing but `/health` is answered to who has not shown the token.
 */
export class HttpApi {
  readonly #options: HttpApiOptions;
  #requestCount = 0;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(options: HttpApiOptions) {
    this.#options = options;
  }

  /** Answers a request. Never throws: what goes wrong is logged, and no stranger hears of it. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const timer = setTimeout(() => response.destroy(), answerMs);
    timer.unref();
    response.on("error", () => undefined);
    response.on("close", () => clearTimeout(timer));
    this.#requestCount++;
    try {
      await send(response, await this.#answer(request), pause);
    } catch (error) {
      this.#options.log.error("http request", { error: (error as Error).message });
      if (response.headersSent) response.destroy();
      else await send(response, jsonAnswer(500, { error: "something went wrong here" }), pause);
    } finally {
      this.#requestCount--;
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { admission, watched, sessions } = this.#options;
    const { method = "", url = "", headers } = request;
    const stranger = admission.strangerRefusalOf(request);
    if (stranger !== undefined) return jsonAnswer(stranger.status, { error: stranger.reason });
    if (this.#requestCount > requestsMax) {
      const error = "too many requests at a time";
      return jsonAnswer(503, { error }, { "Retry-After": "1" });
    }
    const malformed = refusalOf(request);
    if (malformed !== undefined) return malformed;
    const at = url.indexOf("?");
    const path = at < 0 ? url : url.slice(0, at);
    const search = at < 0 ? "" : url.slice(at + 1);
    if (path === "/health") return jsonAnswer(200, { status: "ok" });
    const isIn = sessions?.isOpen(headers, Date.now()) === true;
    const refusal = isIn ? admission.roleRefusalOf(request) : admission.refusalOf(request);
    if (path === "/" && sessions !== undefined && refusal?.status !== 403) {
      const ticket = new URLSearchParams(search).get("token");
      if (ticket !== null && method === "GET") {
        const cookie = sessions.redeem(ticket, Date.now());
        if (cookie !== undefined) return entered(cookie);
        return refused("/", admission.wrongTokenOf(request.socket.remoteAddress ?? ""));
      }
    }
    if (refusal !== undefined) return refused(path, refusal);
    const route = routes.get(path);
    if (route === undefined) return jsonAnswer(404, { error: "there is nothing here" });
    try {
      const query = new Query(search, route.parameters);
      return await route.answer(watched, query, () => this.#nextTurn());
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return jsonAnswer(400, { error: error.message });
    }
  }

  /** Those who look through much take turns: of all of them one goes on in a turn of the loop. */
  #nextTurn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(pause);
    return this.#lastTurn;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A request that is not answered, whoever it is of. */
function refusalOf({ method = "", url = "", headers }: IncomingMessage): Answer | undefined {
  if (url.length > targetMax) return jsonAnswer(414, { error: "the address is too long" });
  if (!url.startsWith("/")) return jsonAnswer(400, { error: "this is no proxy" });
  if (method !== "GET" && method !== "HEAD") {
    return jsonAnswer(405, { error: "only GET and HEAD are understood" }, { Allow: "GET, HEAD" });
  }
  const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
  if (length === "0" && encoding === undefined) return undefined;
  return jsonAnswer(413, { error: "a request must have no body" });
}

/** A browser that has shown a ticket is led to the page, by an address without it. */
function entered(cookie: string): Answer {
  const headers = { Location: "/", "Set-Cookie": cookie };
  return { status: 303, type: "text/plain; charset=utf-8", body: "", headers };
}

function refused(path: string, { status, reason, afterS }: Refusal): Answer {
  const headers = {
    ...(status === 401 && { "WWW-Authenticate": 'Bearer realm="millrace"' }),
    ...(afterS !== undefined && { "Retry-After": String(afterS) }),
  };
  if (path !== "/" || status !== 401) return jsonAnswer(status, { error: reason }, headers);
  const body = strangerPage();
  const all = { ...headers, "Content-Security-Policy": pagePolicy };
  return { status, type: "text/html; charset=utf-8", body, headers: all };
}
