import { corruptFrame } from "../codec/value/corrupt.ts";
import type { Answer, Question } from "../messages/questions.ts";
import type { Fields } from "./incoming.ts";
import type { Outgoing } from "./outgoing.ts";
import { unpackPeers } from "./worker-wire.ts";

/** A question of a client, as plain data. */
export function packQuestion(question: Question, out: Outgoing): unknown {
  switch (question.kind) {
    case "who-has": {
      const { kind, run, outputs } = question;
      return { kind, run, ...(outputs !== undefined && { outputs: out.rows(outputs) }) };
    }
    case "replicate": {
      const { kind, run, outputs, copies } = question;
      return {
        kind,
        run,
        ...(outputs !== undefined && { outputs: out.rows(outputs) }),
        ...(copies !== undefined && { copies }),
      };
    }
    case "scatter": {
      const { kind, run, keys, bytes } = question;
      return { kind, run, keys: out.texts(keys), bytes: out.rows(bytes) };
    }
    case "rebalance":
      return question;
  }
}

const questionKinds = [
  "who-has",
  "replicate",
  "scatter",
  "rebalance",
] as const satisfies readonly Question["kind"][];

/** What a client asks; its form is looked at before it is believed. */
export function unpackQuestion(fields: Fields): Question {
  const kind = fields.oneOf("kind", questionKinds);
  if (kind === "rebalance") return { kind };
  const run = fields.whole("run");
  switch (kind) {
    case "who-has":
      return { kind, run, outputs: rowsOr(fields, "outputs") };
    case "replicate":
      return {
        kind,
        run,
        outputs: rowsOr(fields, "outputs"),
        copies: fields.has("copies") ? fields.whole("copies") : undefined,
      };
    case "scatter": {
      const keys = fields.texts("keys");
      const bytes = fields.rows("bytes", 1);
      if (bytes.length !== keys.length || bytes.some((each) => each < 0)) {
        throw corruptFrame("values without a size");
      }
      return { kind, run, keys, bytes };
    }
  }
}

/** An answer of the scheduler, as plain data. */
export function packAnswer(answer: Answer, out: Outgoing): unknown {
  switch (answer.kind) {
    case "holders":
    case "places":
      return { ...answer, rows: out.rows(answer.rows) };
    case "replicated":
      return { ...answer, short: out.rows(answer.short) };
    case "rebalanced":
    case "refused":
      return answer;
  }
}

const answerKinds = [
  "holders",
  "places",
  "replicated",
  "rebalanced",
  "refused",
] as const satisfies readonly Answer["kind"][];

/** What the scheduler answers. */
export function unpackAnswer(fields: Fields): Answer {
  const kind = fields.oneOf("kind", answerKinds);
  switch (kind) {
    case "holders":
      return { kind, rows: fields.rows("rows", 1), peers: unpackPeers(fields) };
    case "places":
      return { kind, rows: fields.rows("rows", 4), peers: unpackPeers(fields) };
    case "replicated":
      return { kind, copied: fields.whole("copied"), short: fields.rows("short", 1) };
    case "rebalanced":
      return { kind, moved: fields.whole("moved"), stuck: fields.whole("stuck") };
    case "refused":
      return { kind, reason: fields.text("reason") };
  }
}

function rowsOr(fields: Fields, name: string): readonly number[] | undefined {
  return fields.has(name) ? fields.rows(name, 1) : undefined;
}
