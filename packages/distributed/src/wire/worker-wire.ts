import { corruptFrame } from "../codec/value/corrupt.ts";
import {
  decodeConstants,
  decodePrograms,
  encodeConstants,
  encodePrograms,
} from "../codec/graph/compute-block.ts";
import type { FailureKind } from "../messages/failure.ts";
import type { LogsTold, LogsWanted } from "../messages/worker-logs.ts";
import type { PredecessorTold } from "../messages/worker-deaths.ts";
import { exitCharactersMax, stderrCharactersMax } from "../messages/worker-deaths.ts";
import type { VitalsTold } from "../messages/worker-vitals.ts";
import type {
  Peer,
  ToWorkerMessage,
  WorkerMessage,
  WorkerOffer,
} from "../messages/worker-messages.ts";
import { emptyReport } from "../messages/worker-messages.ts";
import type { Rows } from "../messages/rows.ts";
import { packFunctions, unpackFunctions } from "./functions-wire.ts";
import type { Fields } from "./incoming.ts";
import { addressLengthMax, nameLengthMax } from "./greeting.ts";
import type { Outgoing } from "./outgoing.ts";
import { packShortValues, unpackShortValues } from "./short-values-wire.ts";

/** A message of the scheduler to a worker, as plain data. */
export function packToWorker(message: ToWorkerMessage | LogsWanted, out: Outgoing): unknown {
  switch (message.kind) {
    case "logs-wanted":
    case "welcome":
    case "refused":
    case "recall":
    case "retired":
    case "echo":
      return message;
    case "acquire": {
      const { kind, rows, peers } = message;
      return { kind, rows: out.rows(rows), ...(peers.length > 0 && { peers }) };
    }
    case "compute": {
      const { kind, priority, rows, constants, programs, functions, peers } = message;
      return {
        kind,
        priority,
        rows: out.rows(rows),
        ...(constants.length > 0 && { constants: out.block(encodeConstants(constants)) }),
        ...(programs.length > 0 && { programs: out.block(encodePrograms(programs)) }),
        ...(peers.length > 0 && { peers }),
        ...packFunctions(functions, out),
      };
    }
    case "cancel":
    case "free":
      return { kind: message.kind, rows: out.rows(message.rows) };
    case "forget":
      return {
        kind: message.kind,
        programs: out.rows(message.programs),
        functions: out.texts(message.functions),
      };
  }
}

const toWorkerKinds = [
  "welcome",
  "refused",
  "compute",
  "recall",
  "acquire",
  "retired",
  "cancel",
  "free",
  "forget",
  "echo",
  "logs-wanted",
] as const satisfies readonly (ToWorkerMessage | LogsWanted)["kind"][];

/** What the scheduler says. */
export function unpackToWorker(fields: Fields): ToWorkerMessage | LogsWanted {
  const kind = fields.oneOf("kind", toWorkerKinds);
  switch (kind) {
    case "welcome":
      return { kind, worker: fields.whole("worker") };
    case "refused":
      return { kind, reason: fields.text("reason") };
    case "compute":
      return {
        kind,
        priority: fields.number("priority"),
        rows: fields.rows("rows", 1),
        constants: fields.has("constants") ? decodeConstants(fields.block("constants")) : none,
        programs: fields.has("programs") ? decodePrograms(fields.block("programs")) : none,
        functions: unpackFunctions(fields),
        peers: unpackPeers(fields),
      };
    case "recall":
      return { kind, all: fields.flag("all") };
    case "acquire":
      return { kind, rows: fields.rows("rows", 1), peers: unpackPeers(fields) };
    case "retired":
      return { kind, lost: fields.whole("lost") };
    case "cancel":
    case "free":
      return { kind, rows: fields.rows("rows", 2) };
    case "forget":
      return { kind, programs: fields.rows("programs", 1), functions: fields.texts("functions") };
    case "echo":
      return { kind, sentMs: fields.number("sentMs") };
    case "logs-wanted": {
      const question = fields.whole("question");
      return { kind, question, linesMax: fields.whole("linesMax", logLinesMax) };
    }
  }
}

/** Lines and bytes of one answer. */
const logLinesMax = 10_000;
const logBytesMax = 2 ** 20;

/** No line holds the end of one. */
function unpackLines(fields: Fields): readonly string[] {
  const bytes = fields.bytes("lines");
  if (bytes.length > logBytesMax) throw corruptFrame("a log that is too long");
  const text = Buffer.from(bytes).toString("utf8");
  return text === "" ? [] : text.split("\n");
}

const none: readonly never[] = Object.freeze([]);

/** Where other workers are found. */
export function unpackPeers(fields: Fields): readonly Peer[] {
  return fields.has("peers") ? fields.list("peers", unpackPeer) : none;
}

function unpackPeer(fields: Fields): Peer {
  return {
    worker: fields.whole("worker"),
    address: fields.text("address"),
    host: fields.text("host"),
  };
}

/** What a worker says to those who watch it; the machines do not hear of it. */
export type WorkerNews = LogsTold | VitalsTold | PredecessorTold;

/** A message of a worker to the scheduler, as plain data. */
export function packFromWorker(message: WorkerMessage | WorkerNews, out: Outgoing): unknown {
  switch (message.kind) {
    case "logs-told": {
      const { kind, question, lines } = message;
      return { kind, question, lines: out.bytes(Buffer.from(lines.join("\n"))) };
    }
    case "offer":
      return { kind: message.kind, ...packOffer(message.offer) };
    case "memory":
    case "retire":
    case "heartbeat":
    case "vitals-told":
      return message;
    case "predecessor-told":
      return { kind: message.kind, ...message.words };
    case "report": {
      const { kind, done, started, awaiting, acquired, lost, values } = message;
      return {
        kind,
        done: out.rows(done),
        started: out.rows(started),
        awaiting: out.rows(awaiting),
        acquired: out.rows(acquired),
        lost: out.rows(lost),
        ...packShortValues(values, out),
      };
    }
    case "failed": {
      const { kind, task, attempt, us, failure } = message;
      const { thrown } = failure;
      return {
        kind,
        task,
        attempt,
        us,
        failure: failure.kind,
        ...(thrown !== undefined && { thrown: out.block(thrown) }),
      };
    }
    case "recalled":
    case "denied":
    case "not-acquired":
      return { kind: message.kind, rows: out.rows(message.rows) };
    case "missing": {
      const { kind, task, attempt, rows } = message;
      return { kind, task, attempt, rows: out.rows(rows) };
    }
  }
}

const fromWorkerKinds = [
  "offer",
  "report",
  "failed",
  "recalled",
  "missing",
  "denied",
  "not-acquired",
  "retire",
  "memory",
  "heartbeat",
  "logs-told",
  "vitals-told",
  "predecessor-told",
] as const satisfies readonly (WorkerMessage | WorkerNews)["kind"][];

/** Ways in which a task ends that a worker may tell of; all others the scheduler finds itself. */
const failureKinds = [
  "threw",
  "not-serializable",
  "exited",
  "out-of-memory",
  "timed-out",
] as const satisfies readonly FailureKind[];

/** What a worker says; none of it is believed before its form is looked at. */
export function unpackFromWorker(fields: Fields): WorkerMessage | WorkerNews {
  const kind = fields.oneOf("kind", fromWorkerKinds);
  switch (kind) {
    case "offer":
      return { kind, offer: unpackOffer(fields) };
    case "report":
      return {
        ...emptyReport,
        done: measured(fields.rows("done", 4, "measured")),
        started: fields.rows("started", 2),
        awaiting: fields.rows("awaiting", 2),
        acquired: fields.rows("acquired", 2),
        lost: fields.rows("lost", 2),
        values: unpackShortValues(fields),
      };
    case "failed":
      return {
        kind,
        task: fields.whole("task"),
        attempt: fields.whole("attempt"),
        us: fields.number("us"),
        failure: {
          kind: fields.oneOf("failure", failureKinds),
          thrown: fields.has("thrown") ? fields.block("thrown") : undefined,
        },
      };
    case "recalled":
    case "not-acquired":
      return { kind, rows: fields.rows("rows", 2) };
    case "denied":
      return { kind, rows: fields.rows("rows", 4) };
    case "retire":
      return { kind, hurry: fields.flag("hurry") };
    case "missing":
      return {
        kind,
        task: fields.whole("task"),
        attempt: fields.whole("attempt"),
        rows: fields.rows("rows", 3),
      };
    case "memory":
      return { kind, paused: fields.flag("paused"), bytes: fields.whole("bytes") };
    case "heartbeat":
      return { kind, sentMs: fields.number("sentMs") };
    case "logs-told":
      return { kind, question: fields.whole("question"), lines: unpackLines(fields) };
    case "predecessor-told": {
      if (!fields.has("exit")) return { kind, words: undefined };
      const exit = fields.text("exit", exitCharactersMax);
      return { kind, words: { exit, stderr: fields.text("stderr", stderrCharactersMax) } };
    }
    case "vitals-told":
      return {
        kind,
        residentBytes: fields.whole("residentBytes"),
        cpuSeconds: fields.number("cpuSeconds"),
        memoryBytes: fields.whole("memoryBytes"),
        diskBytes: fields.whole("diskBytes"),
      };
  }
}

/** Sizes and times of tasks that have ended: none of them is below nothing. */
function measured(rows: Rows): Rows {
  for (let n = 0; n < rows.length; n += 4) {
    if ((rows[n + 2] as number) < 0 || (rows[n + 3] as number) < 0) {
      throw corruptFrame("a task that took less than nothing");
    }
  }
  return rows;
}

/** Threads that one worker may offer. */
const threadsMax = 1_024;

function unpackOffer(fields: Fields): WorkerOffer {
  const threads = fields.whole("threads", threadsMax);
  if (threads === 0) throw corruptFrame("a worker without threads");
  return {
    name: fields.text("name", nameLengthMax),
    address: fields.text("address", addressLengthMax),
    host: fields.text("host", 256),
    threads,
    memoryBytesMax: fields.whole("memoryBytesMax"),
    resources: unpackAmounts(fields, "resources"),
  };
}

/** Named amounts, each a number of 0 or more. */
export function unpackAmounts(fields: Fields, name: string): Readonly<Record<string, number>> {
  const list = fields.list(name, (each) => [each.text("name", 256), amountOf(each)] as const);
  return Object.fromEntries(list);
}

function amountOf(fields: Fields): number {
  const amount = fields.number("amount");
  if (amount < 0) throw corruptFrame("less than nothing of a resource");
  return amount;
}

/** Named amounts as plain data: names may be whatever their user likes. */
export function packAmounts(amounts: Readonly<Record<string, number>>): unknown {
  return Object.entries(amounts).map(([name, amount]) => ({ name, amount }));
}

function packOffer(offer: WorkerOffer): Readonly<Record<string, unknown>> {
  return { ...offer, resources: packAmounts(offer.resources) };
}
