import type { ServerResponse } from "node:http";

/** What a request is answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  /** A text, or its pieces, between which others have their turn. */
  readonly body: string | Iterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

const jsonPolicy =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** What every answer says: nobody keeps it, frames it, guesses what it is, or loads from it. */
export const commonHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": jsonPolicy,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** An answer in JSON. */
export function jsonAnswer(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const text = `${JSON.stringify(body)}\n`;
  return { status, type: "application/json; charset=utf-8", body: text, headers };
}

/** Sends an answer; resolves when all of it is on its way, or nobody is there who takes it. */
export async function send(
  response: ServerResponse,
  { status, type, body, headers = {} }: Answer,
  pause: () => Promise<void>,
): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...commonHeaders, ...headers })) {
    response.setHeader(name, value);
  }
  response.setHeader("Content-Type", type);
  // Whoever was refused may come again by another connection.
  if (status >= 400) response.setHeader("Connection", "close");
  if (typeof body === "string") {
    response.setHeader("Content-Length", Buffer.byteLength(body));
    response.end(body);
    return;
  }
  for (const piece of body) {
    if (response.destroyed) return;
    const isTaken = response.write(piece);
    await (isTaken ? pause() : drained(response));
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      response.off("drain", over).off("close", over);
      resolve();
    };
    response.on("drain", over).on("close", over);
  });
}
