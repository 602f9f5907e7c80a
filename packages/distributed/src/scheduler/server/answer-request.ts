import type { IncomingMessage, ServerResponse } from "node:http";
import type { Admission } from "./admission.ts";

/** What a scheduler says of itself. */
export interface SchedulerStatus {
  /** Of its package. */
  readonly version: string;
  readonly url: string;
  readonly pid: number;
  readonly upSeconds: number;
  readonly clientCount: number;
  readonly workers: readonly {
    readonly name: string;
    readonly address: string;
    readonly threads: number;
    readonly memoryBytesMax: number;
    readonly resources: Readonly<Record<string, number>>;
  }[];
}

/**
 * Answers a request that is no upgrade: `/health` says whether somebody is there, to whoever may
 * ask at all; `/api/v1/status` says what there is, to whoever may come in.
 */
export function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  admission: Admission,
  status: () => SchedulerStatus,
): void {
  const { method, url = "" } = request;
  const isHealth = url === "/health";
  const refusal = isHealth ? admission.strangerRefusalOf(request) : admission.refusalOf(request);
  if (refusal !== undefined) {
    answer(response, refusal.status, { error: refusal.reason });
  } else if (!isHealth && url !== "/api/v1/status") {
    answer(response, 404, { error: "there is nothing here" });
  } else if (method !== "GET" && method !== "HEAD") {
    answer(response, 405, { error: "only GET is understood" });
  } else {
    answer(response, 200, isHealth ? { status: "ok" } : status());
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    // Whoever wants more asks again; a connection that is kept is one less for others.
    Connection: "close",
  });
  response.end(`${JSON.stringify(body)}\n`);
}
