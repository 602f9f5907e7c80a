import type { ValueName } from "../worker-events.ts";
import type { ToThread } from "./thread-messages.ts";
import { byName, gathered, inPayload } from "./thread-messages.ts";

/** An input of a task, not read yet. */
export type InboxInput =
  | {
      readonly kind: "payload";
      readonly payload: Uint8Array;
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: "value"; readonly name: ValueName }
  | {
      readonly kind: "gathered";
      readonly piece: number;
      readonly members: readonly { readonly name: ValueName; readonly isPiece: boolean }[];
    };

/** A task that waits for its turn in a thread. */
export interface InboxTask {
  readonly ticket: number;
  readonly task: number;
  readonly attempt: number;
  readonly program: number;
  readonly flags: number;
  readonly inputs: readonly InboxInput[];
  /** Plain values, and shipped ones, which have to be decoded. */
  readonly constants: readonly unknown[];
}

type Tasks = Extract<ToThread, { kind: "tasks" }>;

/** The tasks that were posted to a thread and have not begun, in the order in which they came. */
export class TaskInbox {
  readonly #messages: { readonly message: Tasks; at: number; constant: number }[] = [];

  push(message: Tasks): void {
    if (message.rows.length > 0) this.#messages.push({ message, at: 0, constant: 0 });
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Takes the next task out; undefined where there is none. */
  take(): InboxTask | undefined {
    const first = this.#messages[0];
    if (first === undefined) return undefined;
    const { rows, constants, payload } = first.message;
    const at = first.at;
    const inputCount = rows[at + 5] as number;
    const constantCount = rows[at + 6] as number;
    const inputs: InboxInput[] = [];
    let next = at + 7;
    for (let n = 0; n < inputCount; n++) {
      switch (rows[next] as number) {
        case inPayload:
          inputs.push({ kind: "payload", payload, start: rows[next + 1]!, end: rows[next + 2]! });
          next += 3;
          break;
        case byName:
          inputs.push({ kind: "value", name: { id: rows[next + 1]!, version: rows[next + 2]! } });
          next += 3;
          break;
        case gathered: {
          const count = rows[next + 2] as number;
          inputs.push({
            kind: "gathered",
            piece: rows[next + 1]!,
            members: membersAt(rows, next + 3, count),
          });
          next += 3 + 3 * count;
          break;
        }
        default:
          throw new Error(`no such input in a row of a task: ${rows[next]}`);
      }
    }
    const task = {
      ticket: rows[at] as number,
      task: rows[at + 1] as number,
      attempt: rows[at + 2] as number,
      program: rows[at + 3] as number,
      flags: rows[at + 4] as number,
      inputs,
      constants: constants.slice(first.constant, first.constant + constantCount),
    };
    first.at = next;
    first.constant += constantCount;
    if (next >= rows.length) this.#messages.shift();
    return task;
  }
}

function membersAt(
  rows: Int32Array,
  at: number,
  count: number,
): { readonly name: ValueName; readonly isPiece: boolean }[] {
  return Array.from({ length: count }, (_, n) => ({
    name: { id: rows[at + 3 * n] as number, version: rows[at + 3 * n + 1] as number },
    isPiece: rows[at + 3 * n + 2] === 1,
  }));
}
