import { X509Certificate, createPrivateKey } from "node:crypto";
import { checkOptions, quoteValue } from "@millrace/graph";
import { checkToken } from "../deploy/security/token.ts";
import { defaultPort, parseSchedulerUrl } from "../deploy/scheduler-url.ts";
import { DistributedError, invalidArgument } from "../errors.ts";
import { optionRefusal } from "../option-refusal.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import { nameLengthMax } from "../wire/greeting.ts";
import type { Tls } from "../wire/tls.ts";
import { checkBytesMax } from "./byte-budget.ts";
import type {
  ClientOptions,
  HasScheduler,
  HasSchedulerFile,
  SchedulerReference,
} from "./client-options.ts";

const api = "Client.connect";
const optionNames = ["token", "tls", "name", "timeoutMs", "bytesMax"];
const certificateNames = ["ca", "cert", "key"];

/**
 * Where a client is to connect to. All that it was given is looked at before anything is sent.
 *
 * @throws DistributedError `distributed/invalid-argument`, `distributed/bad-connection-file`
 */
export async function addressOf(
  to: SchedulerReference,
  options: ClientOptions,
): Promise<SchedulerAddress> {
  checkClientOptions(options);
  if (typeof to === "string") return addressAt(to, options);
  const { scheduler, schedulerFile } = (to ?? {}) as Partial<HasScheduler & HasSchedulerFile>;
  if (typeof scheduler?.url === "string") {
    refuseWithCluster(options);
    return addressAt(scheduler.url, scheduler);
  }
  if (typeof schedulerFile !== "string") throw notAnAddress(to);
  const { readConnectionFile } = await import("../deploy/security/connection-file.ts");
  const { url, token, ca } = await readConnectionFile(schedulerFile, api);
  const { tls } = options;
  return addressAt(url, {
    token: options.token ?? token,
    tls: tls && { ...(ca && { ca }), ...tls },
  });
}

/** A cluster knows how it is reached: what was said beside it would say nothing. */
function refuseWithCluster(options: ClientOptions): void {
  const given = (["token", "tls"] as const).find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw invalidArgument(
    api,
    "a cluster has its own",
    `'${given}' beside a cluster`,
    "none",
    "Leave it out, or connect to an address.",
  );
}

function checkClientOptions(options: ClientOptions): void {
  checkOptions(api, options, optionNames, optionRefusal);
  const { name, timeoutMs, tls, bytesMax } = options;
  checkBytesMax(api, bytesMax);
  const isName = typeof name === "string" && name.length >= 1 && name.length <= nameLengthMax;
  if (name !== undefined && !isName) {
    const got = typeof name === "string" ? `a text of ${name.length} characters` : quoteValue(name);
    const wanted = `a text of 1 to ${nameLengthMax} characters`;
    throw invalidArgument(api, "bad name", got, wanted, "Correct the option.");
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    const wanted = "a number of milliseconds above 0, or Infinity";
    throw optionRefusal(api, "bad timeoutMs", timeoutMs, wanted);
  }
  if (tls !== undefined) checkOptions(`${api} tls`, tls, certificateNames, optionRefusal);
}

function addressAt(said: string, { token, tls }: ClientOptions): SchedulerAddress {
  const { url, isSecure } = parseSchedulerUrl(api, said, {
    refusal: (message) => new DistributedError("distributed/invalid-argument", message),
    tokenGoes: "Pass the token as { token }.",
  });
  if (token !== undefined) {
    checkToken(api, token, "Pass the token as the scheduler has it in its connection file.");
  }
  if (tls === undefined && isSecure) {
    throw invalidArgument(
      api,
      "a scheduler at wss:// wants to see a certificate",
      `none for ${quoteValue(url)}`,
      "tls with ca, cert and key",
      "Give them: workers, too, are called with them, and else in the clear, with the token.",
    );
  }
  if (tls === undefined) return { url, token, tls };
  if (isSecure) return { url, token, tls: whole(tls) };
  // It would be called in the clear, with the token.
  throw invalidArgument(
    api,
    "certificates are given for a scheduler without TLS",
    quoteValue(url),
    `an address such as "wss://127.0.0.1:${defaultPort}"`,
    "Correct the address, or leave out 'tls'.",
  );
}

function whole({ ca, cert, key }: NonNullable<ClientOptions["tls"]>): Tls {
  if (ca === undefined) {
    throw invalidArgument(
      api,
      "nothing says whose certificate the scheduler shows",
      "tls without ca",
      "the PEM text of its authority",
      "Give tls.ca, or the connection file of the scheduler.",
    );
  }
  readPem("ca", ca, "a certificate", (text) => new X509Certificate(text));
  const own = readPem("cert", cert, "a certificate", (text) => new X509Certificate(text));
  const secret = readPem("key", key, "a private key, not encrypted", createPrivateKey);
  if (own.checkPrivateKey(secret)) return { ca, cert, key };
  const wanted = "the key of tls.cert";
  throw invalidArgument(api, "bad tls.key", "that of another", wanted, "Correct the option.");
}

/** Reads a part of `tls`; what is in it is never told, since it may be the key. */
function readPem<T>(name: string, text: string, what: string, read: (text: string) => T): T {
  try {
    if (typeof text === "string") return read(text);
  } catch {
    // The words of OpenSSL say nothing to whoever has mixed up two files.
  }
  throw invalidArgument(
    api,
    `bad tls.${name}`,
    typeof text === "string" ? `a text of ${text.length} characters` : quoteValue(text),
    `the PEM text of ${what}`,
    "Give the text of the file, not its path.",
  );
}

function notAnAddress(to: unknown): Error {
  return invalidArgument(
    api,
    "this is no scheduler",
    quoteValue(to),
    `an address such as "ws://127.0.0.1:${defaultPort}", a cluster, or { schedulerFile }`,
    "Look at what `millrace scheduler` has printed when it was ready.",
  );
}
