import { decodeGraph } from "../codec/graph/decode-graph.ts";
import { encodeGraph } from "../codec/graph/encode-graph.ts";
import { decodeFailure } from "../codec/failure/decode-failure.ts";
import { encodeFailure } from "../codec/failure/encode-failure.ts";
import { decodeValue } from "../codec/decode-value.ts";
import { encodeValue } from "../codec/encode-value.ts";
import { corruptFrame } from "../codec/value/corrupt.ts";
import type {
  Attempt,
  ClientMessage,
  RunSettings,
  ToClientMessage,
} from "../messages/client-messages.ts";
import type { CoordinateMessage, CoordinatedMessage } from "../messages/coordination.ts";
import type { TaskFailure } from "../messages/failure.ts";
import { HeldOutput } from "../messages/shipped.ts";
import {
  packCoordinate,
  packCoordinated,
  unpackCoordinate,
  unpackCoordinated,
} from "./coordination-wire.ts";
import { packFunctions, unpackFunctions } from "./functions-wire.ts";
import type { Fields } from "./incoming.ts";
import type { Outgoing } from "./outgoing.ts";
import { packAnswer, packQuestion, unpackAnswer, unpackQuestion } from "./questions-wire.ts";
import { packShortValues, unpackShortValues } from "./short-values-wire.ts";
import { packAmounts, unpackAmounts, unpackPeers } from "./worker-wire.ts";

/** All that a client says: of its runs, and of what it shares with other clients. */
export type FromClient = ClientMessage | CoordinateMessage;

/** All that a client is told. */
export type ToClient = ToClientMessage | CoordinatedMessage;

/** A message of a client to the scheduler, as plain data. */
export function packFromClient(message: FromClient, out: Outgoing): unknown {
  switch (message.kind) {
    case "coordinate":
      return packCoordinate(message, out);
    case "submit": {
      const { kind, run, graph, keys, functions, holds, settings } = message;
      return {
        kind,
        run,
        graph: out.block(encodeGraph(graph, keys)),
        holds: out.rows(holds.flatMap((held) => [held.run, held.output])),
        settings: packSettings(settings, out),
        ...packFunctions(functions, out),
      };
    }
    case "supply":
      return { kind: message.kind, ...packFunctions(message.functions, out) };
    case "advance":
    case "missing":
    case "retry":
      return message;
    case "ask": {
      const { kind, request, question } = message;
      return { kind, request, question: packQuestion(question, out) };
    }
    case "release": {
      const { kind, run, outputs } = message;
      return { kind, run, ...(outputs !== undefined && { outputs: out.rows(outputs) }) };
    }
  }
}

const fromClientKinds = [
  "submit",
  "supply",
  "advance",
  "release",
  "missing",
  "retry",
  "ask",
  "coordinate",
] as const satisfies readonly FromClient["kind"][];

/** What a client says; none of it is believed before its form is looked at. */
export function unpackFromClient(fields: Fields): FromClient {
  const kind = fields.oneOf("kind", fromClientKinds);
  if (kind === "coordinate") return unpackCoordinate(fields);
  if (kind === "supply") return { kind, functions: unpackFunctions(fields) };
  if (kind === "ask") {
    const request = fields.whole("request");
    return { kind, request, question: fields.object("question", unpackQuestion) };
  }
  const run = fields.whole("run");
  switch (kind) {
    case "submit": {
      const rows = fields.rows("holds", 2);
      const holds: HeldOutput[] = [];
      for (let n = 0; n < rows.length; n += 2) {
        holds.push(new HeldOutput(rows[n] as number, rows[n + 1] as number));
      }
      const functions = unpackFunctions(fields);
      const settings = fields.object("settings", unpackSettings);
      const source = fields.block("graph");
      return { kind, run, ...decodeGraph(source), functions, holds, settings, source };
    }
    case "advance":
      return { kind, run, consumed: fields.whole("consumed") };
    case "release":
      return { kind, run, outputs: fields.has("outputs") ? fields.rows("outputs", 1) : undefined };
    case "missing":
      return {
        kind,
        run,
        output: fields.whole("output"),
        task: fields.whole("task"),
        version: fields.whole("version"),
        worker: fields.whole("worker"),
      };
    case "retry":
      return { kind, run, round: fields.whole("round") };
  }
}

/** Tries of a task, beside the first. */
const retriesMax = 1_000_000;
/** The longest time that timers know. */
const timeoutMsMax = 2 ** 31 - 1;

function packSettings(settings: RunSettings, out: Outgoing) {
  const { timeoutMs, resources, workers, lookahead, ...plain } = settings;
  return {
    ...plain,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(resources !== undefined && { resources: packAmounts(resources) }),
    ...(workers !== undefined && { workers: out.texts(workers) }),
    ...(lookahead !== undefined && { lookahead }),
  };
}

function unpackSettings(fields: Fields): RunSettings {
  return {
    optimize: fields.flag("optimize"),
    priority: fields.number("priority"),
    retries: fields.whole("retries", retriesMax),
    timeoutMs: fields.has("timeoutMs") ? fields.whole("timeoutMs", timeoutMsMax) : undefined,
    resources: fields.has("resources") ? unpackAmounts(fields, "resources") : undefined,
    workers: fields.has("workers") ? fields.texts("workers") : undefined,
    allowOtherWorkers: fields.flag("allowOtherWorkers"),
    lookahead: fields.has("lookahead") ? fields.whole("lookahead") : undefined,
    events: fields.flag("events"),
    progress: fields.flag("progress"),
  };
}

/** A message of the scheduler to a client, as plain data. */
export function packToClient(message: ToClient, out: Outgoing): unknown {
  switch (message.kind) {
    case "coordinated":
      return packCoordinated(message, out);
    case "accepted":
    case "progress":
    case "warned":
      return message;
    case "rejected": {
      const { kind, run, error } = message;
      return { kind, run, error: out.block(encodeFailure(error)) };
    }
    case "answer": {
      const { kind, request, answer } = message;
      return { kind, request, answer: packAnswer(answer, out) };
    }
    case "need":
      return { kind: message.kind, run: message.run, functions: out.texts(message.functions) };
    case "finished": {
      const { kind, run, rows, peers, values } = message;
      const short = packShortValues(values, out);
      return { kind, run, rows: out.rows(rows), ...(peers.length > 0 && { peers }), ...short };
    }
    case "failed": {
      const { kind, run, round, outputs, failure } = message;
      const { thrown, ...facts } = failure;
      return {
        kind,
        run,
        round,
        outputs: out.rows(outputs),
        facts: out.block(encodeValue(facts)),
        ...(thrown !== undefined && { thrown: out.block(thrown) }),
      };
    }
    case "attempts":
      return {
        kind: message.kind,
        run: message.run,
        attempts: out.block(encodeValue(message.attempts)),
      };
  }
}

const toClientKinds = [
  "accepted",
  "rejected",
  "need",
  "finished",
  "failed",
  "progress",
  "warned",
  "answer",
  "attempts",
  "coordinated",
] as const satisfies readonly ToClient["kind"][];

/** What the scheduler says, whom its clients believe. */
export function unpackToClient(fields: Fields): ToClient {
  const kind = fields.oneOf("kind", toClientKinds);
  if (kind === "answer") {
    return {
      kind,
      request: fields.whole("request"),
      answer: fields.object("answer", unpackAnswer),
    };
  }
  if (kind === "coordinated") return unpackCoordinated(fields);
  if (kind === "warned") return { kind, text: fields.text("text") };
  const run = fields.whole("run");
  switch (kind) {
    case "accepted":
      return { kind, run, tasks: fields.whole("tasks") };
    case "rejected":
      return { kind, run, error: decodeFailure(fields.block("error")) };
    case "need":
      return { kind, run, functions: fields.texts("functions") };
    case "finished":
      return {
        kind,
        run,
        rows: fields.rows("rows", 5),
        peers: unpackPeers(fields),
        values: unpackShortValues(fields),
      };
    case "failed": {
      const facts = decodeValue(fields.block("facts"));
      if (typeof facts !== "object" || facts === null) throw corruptFrame("a failure of nothing");
      const thrown = fields.has("thrown") ? fields.block("thrown") : undefined;
      const failure = { ...facts, thrown } as TaskFailure;
      return {
        kind,
        run,
        round: fields.whole("round"),
        outputs: fields.rows("outputs", 1),
        failure,
      };
    }
    case "progress":
      return {
        kind,
        run,
        done: fields.whole("done"),
        running: fields.whole("running"),
        retried: fields.whole("retried"),
      };
    case "attempts": {
      const attempts = decodeValue(fields.block("attempts"));
      if (!Array.isArray(attempts)) throw corruptFrame("attempts that are no list");
      return { kind, run, attempts: attempts as readonly Attempt[] };
    }
  }
}
