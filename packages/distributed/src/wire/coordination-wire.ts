import { blockBytes } from "../codec/block.ts";
import type { Block } from "../codec/block.ts";
import { corruptFrame } from "../codec/value/corrupt.ts";
import type {
  CoordinateMessage,
  CoordinatedMessage,
  Demand,
  Outcome,
  PassedValue,
} from "../messages/coordination.ts";
import {
  endReasonMax,
  nameLengthMax,
  valueBytesMax,
  valueFuturesMax,
} from "../messages/coordination.ts";
import { HeldOutput } from "../messages/shipped.ts";
import type { Fields } from "./incoming.ts";
import type { Outgoing } from "./outgoing.ts";

/** What a client demands, as plain data. */
export function packCoordinate(
  { kind, request, demand }: CoordinateMessage,
  out: Outgoing,
): unknown {
  switch (demand.kind) {
    case "queue-put":
    case "variable-set":
    case "topic-publish":
    case "actor-open":
    case "actor-call":
    case "actor-answer":
    case "entrust": {
      const { kind: what, value, ...plain } = demand;
      return { kind, request, what, ...plain, ...packPassed(value, out) };
    }
    case "queue-get":
    case "queue-size":
    case "queue-clear":
    case "acquire":
    case "let-go":
    case "event-set":
    case "event-clear":
    case "event-get":
    case "variable-get":
    case "variable-delete":
    case "variable-names":
    case "topic-subscribe":
    case "topic-next":
    case "topic-leave":
    case "actor-hold":
    case "actor-let-go":
    case "actor-host":
    case "actor-next":
    case "actor-end":
    case "worker-names":
    case "leave": {
      const { kind: what, ...plain } = demand;
      return { kind, request, what, ...plain };
    }
    case "withdraw":
      return { kind, request, what: demand.kind, of: demand.request };
  }
}

function packPassed(
  { block, holds }: PassedValue,
  out: Outgoing,
): Readonly<Record<string, unknown>> {
  const rows = holds.flatMap(({ run, output }) => [run, output]);
  return { block: out.block(block), ...(rows.length > 0 && { holds: out.rows(rows) }) };
}

const demandKinds = [
  "queue-put",
  "queue-get",
  "queue-size",
  "queue-clear",
  "acquire",
  "let-go",
  "event-set",
  "event-clear",
  "event-get",
  "variable-set",
  "variable-get",
  "variable-delete",
  "variable-names",
  "topic-publish",
  "topic-subscribe",
  "topic-next",
  "topic-leave",
  "actor-open",
  "actor-hold",
  "actor-let-go",
  "actor-host",
  "actor-next",
  "actor-call",
  "actor-answer",
  "actor-end",
  "entrust",
  "worker-names",
  "leave",
  "withdraw",
] as const satisfies readonly Demand["kind"][];

const permitSpaces = ["lock", "semaphore"] as const;
const variableSpaces = ["variable", "published", "uploaded"] as const;

/** What a client demands; none of it is believed before its form is looked at. */
export function unpackCoordinate(fields: Fields): CoordinateMessage {
  return { kind: "coordinate", request: fields.whole("request"), demand: unpackDemand(fields) };
}

function unpackDemand(fields: Fields): Demand {
  const kind = fields.oneOf("what", demandKinds);
  switch (kind) {
    case "queue-put": {
      const lengthMax = fields.whole("lengthMax");
      return { kind, name: nameIn(fields), lengthMax, value: unpackPassed(fields) };
    }
    case "queue-get":
      return { kind, name: nameIn(fields), waits: fields.flag("waits"), run: fields.whole("run") };
    case "event-get":
      return { kind, name: nameIn(fields), waits: fields.flag("waits") };
    case "queue-size":
    case "queue-clear":
    case "event-set":
    case "event-clear":
    case "topic-subscribe":
    case "actor-hold":
    case "actor-let-go":
      return { kind, name: nameIn(fields) };
    case "acquire": {
      const space = fields.oneOf("space", permitSpaces);
      const leasesMax = fields.whole("leasesMax");
      if (leasesMax === 0) throw corruptFrame("a semaphore without leases");
      return { kind, space, name: nameIn(fields), leasesMax, waits: fields.flag("waits") };
    }
    case "let-go":
      return { kind, lease: fields.whole("lease") };
    case "variable-set": {
      const space = fields.oneOf("space", variableSpaces);
      const isNew = fields.flag("isNew");
      return { kind, space, name: nameIn(fields), isNew, value: unpackPassed(fields) };
    }
    case "variable-get": {
      const space = fields.oneOf("space", variableSpaces);
      const waits = fields.flag("waits");
      return { kind, space, name: nameIn(fields), waits, run: fields.whole("run") };
    }
    case "variable-delete":
      return { kind, space: fields.oneOf("space", variableSpaces), name: nameIn(fields) };
    case "variable-names":
      return { kind, space: fields.oneOf("space", variableSpaces) };
    case "topic-publish":
    case "actor-open":
      return { kind, name: nameIn(fields), value: unpackPassed(fields) };
    case "actor-host":
      return { kind, name: nameIn(fields), worker: fields.text("worker", 256) };
    case "actor-next":
      return { kind, name: nameIn(fields), run: fields.whole("run") };
    case "actor-call": {
      const run = fields.whole("run");
      return { kind, name: nameIn(fields), run, value: unpackPassed(fields) };
    }
    case "actor-answer": {
      const call = fields.whole("call");
      return { kind, name: nameIn(fields), call, value: unpackPassed(fields) };
    }
    case "actor-end":
      return { kind, name: nameIn(fields), reason: fields.text("reason", endReasonMax) };
    case "entrust":
      return { kind, value: unpackPassed(fields) };
    case "topic-next":
    case "topic-leave":
      return { kind, subscription: fields.whole("subscription") };
    case "worker-names":
    case "leave":
      return { kind };
    case "withdraw":
      return { kind, request: fields.whole("of") };
  }
}

function nameIn(fields: Fields): string {
  return fields.text("name", nameLengthMax);
}

function unpackPassed(fields: Fields): PassedValue {
  const block = fields.block("block");
  if (blockBytes(block) > valueBytesMax) throw corruptFrame("a value that is too large");
  const rows = fields.has("holds") ? fields.rows("holds", 2) : [];
  if (rows.length > 2 * valueFuturesMax) throw corruptFrame("a value of too many futures");
  const holds: HeldOutput[] = [];
  for (let n = 0; n < rows.length; n += 2) {
    holds.push(new HeldOutput(rows[n] as number, rows[n + 1] as number));
  }
  return { block, holds };
}

/** What becomes of a demand, as plain data. */
export function packCoordinated(
  { kind, request, outcome }: CoordinatedMessage,
  out: Outgoing,
): unknown {
  switch (outcome.kind) {
    case "done":
    case "nothing":
    case "withdrawn":
      return { kind, request, what: outcome.kind };
    case "number":
      return { kind, request, what: outcome.kind, number: outcome.number };
    case "refused": {
      const { kind: what, why, reason } = outcome;
      return { kind, request, what, why, reason };
    }
    case "names":
      return { kind, request, what: outcome.kind, names: out.texts(outcome.names) };
    case "value": {
      const { kind: what, block, futures } = outcome;
      return { kind, request, what, block: out.block(block), futures };
    }
    case "call": {
      const { kind: what, call, block, futures } = outcome;
      return { kind, request, what, call, block: out.block(block), futures };
    }
    case "batch": {
      const { kind: what, blocks, dropped } = outcome;
      const list = blocks.map((block) => ({ block: out.block(block) }));
      return { kind, request, what, blocks: list, dropped };
    }
  }
}

const outcomeKinds = [
  "done",
  "number",
  "names",
  "value",
  "call",
  "nothing",
  "batch",
  "withdrawn",
  "refused",
] as const satisfies readonly Outcome["kind"][];

const reasons = ["full", "at-odds", "gone", "ended"] as const;

/** What the scheduler says, whom its clients believe. */
export function unpackCoordinated(fields: Fields): CoordinatedMessage {
  return { kind: "coordinated", request: fields.whole("request"), outcome: unpackOutcome(fields) };
}

function unpackOutcome(fields: Fields): Outcome {
  const kind = fields.oneOf("what", outcomeKinds);
  switch (kind) {
    case "done":
    case "nothing":
    case "withdrawn":
      return { kind };
    case "number":
      return { kind, number: fields.whole("number") };
    case "names":
      return { kind, names: fields.texts("names") };
    case "value":
      return { kind, block: fields.block("block"), futures: fields.whole("futures") };
    case "call": {
      const call = fields.whole("call");
      return { kind, call, block: fields.block("block"), futures: fields.whole("futures") };
    }
    case "batch": {
      const blocks: readonly Block[] = fields.list("blocks", (each) => each.block("block"));
      return { kind, blocks, dropped: fields.whole("dropped") };
    }
    case "refused":
      return { kind, why: fields.oneOf("why", reasons), reason: fields.text("reason") };
  }
}
