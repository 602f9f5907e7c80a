import fc from "fast-check";
import { expect, it } from "vitest";
import type { Block } from "../../../../packages/distributed/src/codec/block.ts";
import {
  PostBuilder,
  postable,
} from "../../../../packages/distributed/src/worker/threads/post-builder.ts";
import type {
  InboxInput,
  InboxTask,
} from "../../../../packages/distributed/src/worker/threads/task-inbox.ts";
import { TaskInbox } from "../../../../packages/distributed/src/worker/threads/task-inbox.ts";
import type { ToThread } from "../../../../packages/distributed/src/worker/threads/thread-messages.ts";

type Input =
  | { readonly kind: "payload"; readonly bytes: Uint8Array }
  | Exclude<InboxInput, { kind: "payload" }>;
type Task = Omit<InboxTask, "inputs"> & { readonly inputs: readonly Input[] };
type Tasks = Extract<ToThread, { kind: "tasks" }>;

const number = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const name = fc.record({ id: number, version: number });
const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ kind: fc.constant("payload" as const), bytes: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ kind: fc.constant("value" as const), name }),
  fc.record({
    kind: fc.constant("gathered" as const),
    piece: fc.integer({ min: -1, max: 1_000 }),
    members: fc.array(fc.record({ name, isPiece: fc.boolean() }), { maxLength: 6 }),
  }),
);
const task: fc.Arbitrary<Task> = fc.record({
  ticket: fc.nat(4_095),
  task: number,
  attempt: number,
  program: number,
  flags: fc.nat(3),
  inputs: fc.array(input, { maxLength: 6 }),
  constants: fc.array(fc.oneof(fc.string(), fc.constant(undefined), fc.bigInt(), fc.double()), {
    maxLength: 4,
  }),
});
const messages = fc.array(fc.array(task, { maxLength: 30, size: "max" }), { maxLength: 4 });

/** What a thread gets of tasks that are posted together. */
function posted(tasks: readonly Task[]): Tasks {
  const post = new PostBuilder();
  for (const { ticket, task: id, attempt, program, flags, inputs, constants } of tasks) {
    post.task(ticket, { task: id, attempt, program }, flags, inputs.length);
    for (const each of inputs) {
      if (each.kind === "payload") post.payload(each.bytes);
      else if (each.kind === "value") post.value(each.name);
      else post.gathered(each.piece, each.members);
    }
    for (const constant of constants) post.constant(constant);
  }
  expect(post.isEmpty).toBe(tasks.length === 0);
  const { message, transfer } = post.take();
  return structuredClone(message, { transfer }) as Tasks;
}

function taken({ inputs, ...rest }: InboxTask): Task {
  const bytesOf = (each: InboxInput): Input =>
    each.kind === "payload"
      ? { kind: "payload", bytes: each.payload.slice(each.start, each.end) }
      : each;
  return { ...rest, inputs: inputs.map(bytesOf) };
}

it("what is posted to a thread is what it takes out, in this order", () => {
  fc.assert(
    fc.property(messages, (groups) => {
      const inbox = new TaskInbox();
      for (const tasks of groups) inbox.push(posted(tasks));
      for (const each of groups.flat()) {
        expect(inbox.isEmpty).toBe(false);
        expect(taken(inbox.take()!)).toEqual(each);
      }
      expect([inbox.isEmpty, inbox.take()]).toEqual([true, undefined]);
    }),
  );
});

it("values and code travel beside the tasks, and an empty post is known", () => {
  const post = new PostBuilder();
  expect(post.isEmpty).toBe(true);
  post.drop.push({ id: 1, version: 2 });
  expect(post.isEmpty).toBe(false);
  post.functions.push({ name: "f", bytes: Uint8Array.of(1) });
  const { message } = post.take();
  expect(message).toMatchObject({
    kind: "tasks",
    drop: [{ id: 1, version: 2 }],
    functions: [{ name: "f" }],
    programs: [],
    blocks: [],
  });
  expect(new TaskInbox().isEmpty).toBe(true);
});

it("a row that is none is refused", () => {
  const inbox = new TaskInbox();
  const message = posted([
    {
      ticket: 0,
      task: 1,
      attempt: 1,
      program: 1,
      flags: 0,
      inputs: [{ kind: "value", name: { id: 1, version: 1 } }],
      constants: [],
    },
  ]);
  message.rows[7] = -9;
  inbox.push(message);
  expect(() => inbox.take()).toThrow("no such input in a row of a task: -9");
});

it("a view of private memory is cut out before it is posted; shared memory goes as it is", () => {
  const big = new Uint8Array(1_000);
  const shared = new Uint8Array(new SharedArrayBuffer(1_000), 10, 20);
  const block: Block = { header: big.subarray(3, 5), buffers: [big, shared] };
  const { header, buffers } = postable(block);
  expect([header.byteLength, header.buffer.byteLength]).toEqual([2, 2]);
  expect([buffers[0], buffers[1]]).toEqual([big, shared]);
  expect(buffers[0]).toBe(big);
  expect(buffers[1]?.buffer).toBe(shared.buffer);
});
