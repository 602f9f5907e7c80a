import type { MessagePort } from "node:worker_threads";
import type { FailedStep } from "@millrace/graph/tasks";
import { Cut } from "@millrace/graph/tasks";
import type { Block } from "../../codec/block.ts";
import { ByteWriter } from "../../codec/value/byte-writer.ts";
import { encodeInto, encodeValue } from "../../codec/encode-value.ts";
import { encodeFailure } from "../../codec/failure/encode-failure.ts";
import { shareBlock } from "../../codec/share-block.ts";
import { SerializationError } from "../../errors.ts";
import type { FromThread } from "./thread-messages.ts";
import {
  hasThrown,
  isAborted,
  isAwaiting,
  isDone,
  isLeftAlone,
  isNotSerializable,
  isSeceded,
  isSkipped,
} from "./thread-messages.ts";

/** Larger blocks get shared memory of their own, and the thread keeps their values. */
const payloadBlockBytesMax = 4_096;
/** So much is sent before the tasks at hand are done. */
const payloadBytesMax = 262_144;

/** So long results wait for what was printed before them to be taken. */
const printedWaitMs = 2_000;

/** Whose result it is. */
export interface ResultOf {
  readonly ticket: number;
  readonly task: number;
  readonly attempt: number;
}

/** Gathers what a thread has to say, so that many results cross in one message. */
export class ThreadResults {
  readonly #port: MessagePort;
  readonly #payload = new ByteWriter(16_384);
  #rows: number[] = [];
  #blocks: Block[] = [];
  /** Results wait until what was printed is taken. */
  #isHeld = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /**
   * A task has its value. Gives its block, unless it was a small one; or undefined too where it has
   * no form as a block, which is its result then.
   */
  done(of: ResultOf, value: unknown, inPieces: boolean, us: number): Block | undefined {
    try {
      return (inPieces && Array.isArray(value)) || value instanceof Cut
        ? this.#own(of, isDone, us, encodeValue(value, { pieces: true, shared: true }))
        : this.#encode(of, value, us);
    } catch (error) {
      // Codecs are code of users and may throw anything.
      const outcome = error instanceof SerializationError ? isNotSerializable : hasThrown;
      this.#own(of, outcome, us, encodeFailure(error));
      return undefined;
    }
  }

  #encode(of: ResultOf, value: unknown, us: number): Block | undefined {
    const payload = this.#payload;
    const start = payload.length;
    const buffers = encodeInto(payload, value, { shared: true });
    const bytes = payload.length - start;
    if (buffers.length === 0 && bytes <= payloadBlockBytesMax) {
      this.#row(of, isDone, us, start, payload.length);
      if (payload.length > payloadBytesMax) this.flush();
      return undefined;
    }
    const header = payload.copyFrom(start);
    payload.length = start;
    return this.#own(of, isDone, us, { header, buffers });
  }

  /** A block of its own. */
  #own(of: ResultOf, outcome: number, us: number, block: Block): Block {
    const shared = shareBlock(block);
    this.#row(of, outcome, us, this.#blocks.push(shared) - 1, -1);
    return shared;
  }

  /** User code threw, in call `step` of the task where it makes several. */
  failed(of: ResultOf, thrown: unknown, step: FailedStep | undefined, us: number): void {
    this.#own(of, hasThrown, us, encodeFailure(thrown, step));
  }

  awaiting(of: ResultOf): void {
    this.#row(of, isAwaiting, 0, 0, 0);
  }

  seceded(of: ResultOf): void {
    this.#row(of, isSeceded, 0, 0, 0);
  }

  aborted(of: ResultOf): void {
    this.#row(of, isAborted, 0, 0, 0);
  }

  leftAlone(of: ResultOf): void {
    this.#row(of, isLeftAlone, 0, 0, 0);
  }

  skipped(of: ResultOf): void {
    this.#row(of, isSkipped, 0, 0, 0);
  }

  #row(
    { ticket, task, attempt }: ResultOf,
    outcome: number,
    us: number,
    start: number,
    end: number,
  ): void {
    this.#rows.push(ticket, task, attempt, outcome, us, start, end);
  }

  /** Sends what has been gathered, behind what tasks have printed. */
  flush(): void {
    if (this.#rows.length === 0 || this.#isHeld) return;
    const printed = [process.stdout, process.stderr].find(
      ({ writableLength }) => writableLength > 0,
    );
    if (printed === undefined) this.#send();
    else this.#sendBehind(printed);
  }

  /** A program may end with its last result: what was printed must be there before it. */
  #sendBehind(printed: NodeJS.WriteStream): void {
    this.#isHeld = true;
    const goOn = (): void => {
      if (!this.#isHeld) return;
      this.#isHeld = false;
      clearTimeout(timer);
      if (printed.writableLength > 0) this.#send();
      else this.flush();
    };
    // Where nobody takes what is printed, results must not wait for ever.
    const timer = setTimeout(goOn, printedWaitMs);
    printed.write("", goOn);
  }

  #send(): void {
    const rows = new Float64Array(this.#rows);
    const payload = this.#payload.copyFrom(0);
    const message: FromThread = { rows, payload, blocks: this.#blocks };
    this.#port.postMessage(message, [rows.buffer, payload.buffer]);
    this.#payload.length = 0;
    this.#rows = [];
    this.#blocks = [];
  }
}
