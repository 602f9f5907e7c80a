import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:http";
import { request as requestSecurely } from "node:https";
import { quoteValue } from "@millrace/graph";
import { tlsToScheduler } from "../../deploy/security/tls.ts";
import { DistributedError, isRefusal } from "../../errors.ts";
import type { ApiError } from "../../http/api.ts";
import type { SchedulerAddress } from "../../wire/dial.ts";

const answerMs = 30_000;
const answerBytesMax = 64 * 2 ** 20;

/** Asks the HTTP interface of a scheduler, with the rights of a client. */
export class ApiReader {
  readonly #address: SchedulerAddress;
  readonly #api: string;

  /** `api` is who asks, for messages. */
  constructor(address: SchedulerAddress, api: string) {
    this.#address = address;
    this.#api = api;
  }

  /**
   * What stands at a path, an object that has a certain field, with parameters that are left out
   * where they are undefined.
   *
   * @throws DistributedError `distributed/unreachable`, `distributed/refused`,
   *   `distributed/request-failed`
   */
  async read<T extends object>(
    path: string,
    field: keyof T,
    query: Readonly<Record<string, string | number | undefined>> = {},
  ): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(Object.fromEntries(given) as Record<string, string>);
    const target = given.length === 0 ? path : `${path}?${search.toString()}`;
    const { status, text } = await this.#get(target);
    const body = objectIn(text);
    if (status === 200 && body !== undefined && field in body) return body as T;
    const { error }: Partial<ApiError> = body ?? {};
    throw this.#refusalOf(status, error);
  }

  #refusalOf(status: number, reason: unknown): DistributedError {
    const { url } = this.#address;
    if (status === 401 || status === 403) {
      const got = quoteValue(typeof reason === "string" ? reason : `the answer ${status}`);
      return new DistributedError(
        "distributed/refused",
        `${this.#api}: the scheduler at ${url} lets nobody in without the right to it, got ${got}, ` +
          "wanted a welcome. Give its token and certificates.",
      );
    }
    if (status === 200 || typeof reason !== "string") {
      return new DistributedError(
        "distributed/unreachable",
        `${this.#api}: what listens at ${url} is no scheduler, got the answer ${status}, wanted what ` +
          "a scheduler says. Correct the address.",
      );
    }
    return new DistributedError(
      "distributed/request-failed",
      `${this.#api}: the scheduler cannot answer, got ${quoteValue(reason)} from ${url}, wanted an ` +
        "answer. Look at what it was asked, and at its log.",
    );
  }

  async #get(target: string): Promise<{ status: number; text: string }> {
    const { url, token, tls } = this.#address;
    const options = {
      timeout: answerMs,
      agent: false,
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    };
    const asked = `${url.replace(/^ws/, "http")}${target}`;
    const sent =
      tls === undefined
        ? request(asked, options)
        : requestSecurely(asked, { ...options, ...tlsToScheduler(url, tls) });
    try {
      const response = await answerOf(sent);
      return { status: response.statusCode ?? 0, text: await textOf(response) };
    } catch (error) {
      if (isRefusal(error)) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new DistributedError(
        "distributed/unreachable",
        `${this.#api}: no scheduler answers, got ${code ?? message} from ${url}, wanted an answer. ` +
          "Start one with 'millrace scheduler', or correct the address.",
        { cause: error },
      );
    }
  }
}

function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error(`no answer in ${answerMs / 1_000} s`)));
    sent.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > answerBytesMax) throw new Error("an endless answer");
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Undefined for what is no object in JSON: something else may listen there. */
function objectIn(text: string): object | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
