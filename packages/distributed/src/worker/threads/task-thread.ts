import { MessagePort, SHARE_ENV, Worker } from "node:worker_threads";
import type { Block } from "../../codec/block.ts";
import type { FunctionName, ShippedFunction } from "../../messages/shipped.ts";
import { ShippedValue } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import type { RunnableTask, ValueName } from "../worker-events.ts";
import { HeldValues } from "./held-values.ts";
import { inheritedArgv } from "./inherited-argv.ts";
import { PostBuilder, postable, postableValue } from "./post-builder.ts";
import type { FromThread, Leak, Said, ThreadStart, ToThread } from "./thread-messages.ts";
import { alone, inPieces } from "./thread-messages.ts";
import type { Tickets } from "./tickets.ts";
import {
  isCancelled,
  isPosted,
  isPreparing,
  isRevoked,
  isRunning,
  isWaiting,
  makeTickets,
  ticketsMax,
} from "./tickets.ts";

/** Smaller blocks without buffers are copied along with each task that reads them. */
const copiedBytesMax = 512;

/** A task that is with a thread. */
export interface Posted {
  readonly task: RunnableTask;
  readonly ticket: number;
  /** What it is expected to take, microseconds. */
  readonly expectedUs: number;
  /** It has the thread to itself. */
  readonly alone: boolean;
  /** Values that the thread must keep as long as it has the task. */
  readonly uses: readonly ValueName[];
  /** It waits for something asynchronous. */
  isWaiting: boolean;
  /** It waits and does not count among those that do. */
  hasSeceded: boolean;
  /** Its worker has been told that it began. */
  isToldStarted: boolean;
  /** When it was given to the thread, and when it was first seen to have begun. */
  readonly postedMs: number;
  begunMs: number | undefined;
  /** When it was asked to stop, if it was. */
  abortedMs: number | undefined;
  /** It was asked because its time is over. */
  isTimedOut: boolean;
}

/** What a thread tells its pool. */
export interface ThreadListener {
  said(thread: TaskThread, message: FromThread): void;
  /** Tasks have left something open in it. */
  leaks(thread: TaskThread, leak: Leak): void;
  /** A task in it asks for a client. */
  asksForClient(thread: TaskThread, port: MessagePort): void;
  /** The thread is gone: it was ended, it ended itself, or it broke. */
  ended(thread: TaskThread, code: number, error: unknown): void;
}

/** Code that a task needs, for a thread that lacks it. */
export interface Definitions {
  readonly program: ProgramDefinition;
  readonly functions: readonly ShippedFunction[];
}

/** A task thread as its pool sees it: what is with it, and what it has. */
export class TaskThread {
  readonly number: number;
  /** Objects of its tasks may take so much. */
  readonly heapBytesMax: number;
  readonly posted: Map<number, Posted> = new Map();
  /** Tickets of tasks that were taken back and that the thread has not left out yet. */
  readonly #revoked = new Set<number>();
  /** Microseconds that its tasks are expected to take, those left out that wait. */
  expectedUs = 0;
  waitingCount = 0;
  /** Those that wait and have left their places, which `waitingCount` leaves out. */
  secededCount = 0;
  #aloneCount = 0;
  /** It has said something. */
  isReady = false;
  /** Something of a task that is over is still in it, and may go on at any time. */
  hasLeftover = false;
  /** Since when it is being ended, if it is. */
  endingMs: number | undefined;
  /** When it was heard last. */
  heardMs = 0;
  readonly #worker: Worker;
  readonly #tickets: Tickets;
  readonly #programs = new Set<number>();
  readonly #functions = new Set<FunctionName>();
  readonly #held: HeldValues;
  #post = new PostBuilder();
  /** When the first task of the post was added: clocks are slow, so it stands for all. */
  #postMs = 0;
  #nextTicket = 0;
  #ending: Promise<unknown> | undefined;
  #error: unknown;

  constructor(
    start: Omit<ThreadStart, "tickets">,
    limits: { readonly heldBytesMax: number; readonly heapBytesMax: number },
    listener: ThreadListener,
  ) {
    this.number = start.thread;
    this.heapBytesMax = limits.heapBytesMax;
    this.#held = new HeldValues(limits.heldBytesMax, (name) => this.#post.drop.push(name));
    this.#tickets = makeTickets();
    const workerData: ThreadStart = { ...start, tickets: this.#tickets };
    this.#worker = new Worker(new URL("./thread-main.js", import.meta.url), {
      workerData,
      name: `${start.worker} thread ${start.thread}`,
      // What the program sets later counts in tasks too.
      env: SHARE_ENV,
      ...inheritedArgv(),
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(limits.heapBytesMax / 2 ** 20) },
    });
    this.#worker.on("message", (message: Said) => {
      const port = message?.millraceClient;
      if (message?.millraceLeak !== undefined) listener.leaks(this, message.millraceLeak);
      if (port instanceof MessagePort) listener.asksForClient(this, port);
      // Libraries in tasks may say things to whoever started the thread.
      if (!(message?.rows instanceof Float64Array)) return;
      this.isReady = true;
      this.heardMs = performance.now();
      listener.said(this, message as FromThread);
    });
    this.#worker.on("error", (error: unknown) => (this.#error = error));
    this.#worker.on("exit", (code) => listener.ended(this, code, this.#error));
    this.#worker.unref();
  }

  /** Tasks that take its time or wait for it. */
  get activeCount(): number {
    return this.posted.size - this.waitingCount - this.secededCount;
  }

  get isEnding(): boolean {
    return this.endingMs !== undefined;
  }

  /** Whether a task may be added at all. */
  get hasTicket(): boolean {
    return this.posted.size + this.#revoked.size < ticketsMax;
  }

  /** Whether it has a task that must have it to itself. */
  get isTaken(): boolean {
    return this.#aloneCount > 0;
  }

  /** Bytes of the inputs of a task that need not be brought here. */
  bytesHere(names: readonly ValueName[]): number {
    let bytes = 0;
    for (const name of names) bytes += this.#held.bytesOf(name) ?? 0;
    return bytes;
  }

  /** Adds a task to what the thread gets with the next `flush`. */
  add(
    task: RunnableTask,
    expectedUs: number,
    isAlone: boolean,
    code: Definitions,
    blockOf: (name: ValueName) => Block,
  ): Posted {
    this.#define(code);
    const ticket = this.#takeTicket();
    Atomics.store(this.#tickets, ticket, isPosted);
    const flags = (task.inPieces ? inPieces : 0) | (isAlone ? alone : 0);
    if (!this.#post.hasTasks) this.#postMs = performance.now();
    this.#post.task(ticket, task, flags, task.inputs.length);
    const uses: ValueName[] = [];
    for (const input of task.inputs) {
      if (input.kind === "value") {
        if (this.#addInput(input.name, blockOf)) uses.push(input.name);
        continue;
      }
      for (const { name } of input.members) {
        this.#use(name, blockOf(name));
        uses.push(name);
      }
      this.#post.gathered(input.piece, input.members);
    }
    for (const constant of task.constants) {
      this.#post.constant(constant instanceof ShippedValue ? postableValue(constant) : constant);
    }
    const posted: Posted = {
      task,
      ticket,
      expectedUs,
      alone: isAlone,
      uses,
      isWaiting: false,
      hasSeceded: false,
      isToldStarted: false,
      postedMs: this.#postMs,
      begunMs: undefined,
      abortedMs: undefined,
      isTimedOut: false,
    };
    this.posted.set(ticket, posted);
    this.expectedUs += expectedUs;
    if (posted.alone) this.#aloneCount++;
    if (this.posted.size === 1) this.#worker.ref();
    return posted;
  }

  /** Tasks that wait keep their tickets, so that the next one may be taken. */
  #takeTicket(): number {
    let ticket = this.#nextTicket;
    while (this.posted.has(ticket) || this.#revoked.has(ticket)) ticket = (ticket + 1) % ticketsMax;
    this.#nextTicket = (ticket + 1) % ticketsMax;
    return ticket;
  }

  #define({ program, functions }: Definitions): void {
    for (const shipped of functions) {
      if (this.#functions.has(shipped.name)) continue;
      this.#functions.add(shipped.name);
      this.#post.functions.push(shipped);
    }
    if (this.#programs.has(program.program)) return;
    this.#programs.add(program.program);
    this.#post.programs.push(program);
  }

  /** Gives the thread an input; false where it is copied along with the task. */
  #addInput(name: ValueName, blockOf: (name: ValueName) => Block): boolean {
    if (this.#held.bytesOf(name) === undefined) {
      const { header, buffers } = blockOf(name);
      if (buffers.length === 0 && header.byteLength <= copiedBytesMax) {
        this.#post.payload(header);
        return false;
      }
    }
    this.#use(name, blockOf(name));
    this.#post.value(name);
    return true;
  }

  /** A task will read a value: gives it to the thread if it has it not. */
  #use(name: ValueName, block: Block): void {
    if (this.#held.use(name)) return;
    this.#post.blocks.push([name, postable(block)]);
    this.#held.give(name, bytesOf(block), block.header.byteLength);
  }

  /** The thread keeps a result alive. */
  keeps(name: ValueName, bytes: number): void {
    this.#held.keep(name, bytes);
  }

  /** A value is to be let go of, now or when the last task here that reads it has ended. */
  drop(name: ValueName): void {
    this.#held.leave(name);
  }

  /** Code that no task will name again. */
  forget(programs: readonly number[], functions: readonly FunctionName[]): void {
    for (const program of programs) this.#programs.delete(program);
    for (const name of functions) this.#functions.delete(name);
    this.#send({ kind: "forget", programs, functions });
  }

  /** Sends what has been added. */
  flush(): void {
    if (this.#post.isEmpty) return;
    const { message, transfer } = this.#post.take();
    this.#post = new PostBuilder();
    this.#worker.postMessage(message, transfer);
  }

  #send(message: ToThread): void {
    this.flush();
    this.#worker.postMessage(message);
  }

  /** What a ticket says of its task now. */
  stateOf({ ticket }: Posted): number {
    return Atomics.load(this.#tickets, ticket);
  }

  /** Takes a task back that has not begun; false where it has. */
  revoke(posted: Posted): boolean {
    const before = Atomics.compareExchange(this.#tickets, posted.ticket, isPosted, isRevoked);
    if (before !== isPosted) return false;
    this.remove(posted);
    this.#revoked.add(posted.ticket);
    return true;
  }

  /** The thread has left out a task that was taken back. */
  skipped(ticket: number): void {
    this.#revoked.delete(ticket);
  }

  /**
   * Asks a task that has begun to stop, where `isTimedOut` because its time is over; false where it
   * has ended already, and its result is on the way.
   */
  abort(posted: Posted, nowMs: number, isTimedOut = false): boolean {
    const stopped = [isRunning, isPreparing, isWaiting].some(
      (state) =>
        Atomics.compareExchange(this.#tickets, posted.ticket, state, isCancelled) === state,
    );
    if (!stopped) return false;
    posted.abortedMs = nowMs;
    posted.isTimedOut = isTimedOut;
    this.#send({ kind: "abort", ticket: posted.ticket });
    return true;
  }

  /** A task waits for something asynchronous: it takes none of the thread's time. */
  setWaiting(posted: Posted): void {
    posted.isWaiting = true;
    this.waitingCount++;
    this.expectedUs -= posted.expectedUs;
  }

  /** A task that waits has left its place: others run as if it were not there. */
  setSeceded(posted: Posted): void {
    posted.hasSeceded = true;
    this.waitingCount--;
    this.secededCount++;
    if (posted.alone) this.#aloneCount--;
  }

  /** A task is not with the thread any more. */
  remove(posted: Posted): void {
    if (!this.posted.delete(posted.ticket)) return;
    if (posted.alone && !posted.hasSeceded) this.#aloneCount--;
    if (posted.hasSeceded) this.secededCount--;
    else if (posted.isWaiting) this.waitingCount--;
    else this.expectedUs -= posted.expectedUs;
    for (const name of posted.uses) this.#held.unuse(name);
    if (this.posted.size > 0) return;
    this.expectedUs = 0;
    this.#worker.unref();
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    if (this.#ending === undefined) {
      this.endingMs = performance.now();
      this.#ending = this.#worker.terminate();
    }
    await this.#ending;
  }
}

function bytesOf({ header, buffers }: Block): number {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength);
}
