import { AsyncLocalStorage } from "node:async_hooks";
import type { MessagePort } from "node:worker_threads";
import type { RunControl } from "@millrace/graph/tasks";
import { failedStep, runProgram } from "@millrace/graph/tasks";
import { letGoUpTo } from "../store/reclaim-memory.ts";
import { AwaitingRoom } from "./awaiting-room.ts";
import type { Given, LeakListener, Running } from "./running-task.ts";
import type { TaskContext } from "./task-context.ts";
import { Cancelled, contextOf, taskContextHook } from "./task-context.ts";
import type { InboxInput, InboxTask } from "./task-inbox.ts";
import { TaskInbox } from "./task-inbox.ts";
import type { ThreadStart, ToThread } from "./thread-messages.ts";
import { alone, inPieces } from "./thread-messages.ts";
import { ThreadPrograms, isShipped } from "./thread-programs.ts";
import { ThreadResults } from "./thread-results.ts";
import { ThreadValues, payloadPreparation, readPayload } from "./thread-values.ts";
import { isCancelled, isOver, isPosted, isPreparing, isRunning, isWaiting } from "./tickets.ts";

/** After so long the thread lets its event loop turn, so that what waits can go on. */
const sliceMs = 5;
/** Results are sent at least so often while tasks follow one another. */
const flushMs = 1;
/** Work of so long makes a task that waits then a heavy one. */
const heavyMs = 10;
/** Memory is looked at so often while it keeps tasks from beginning. */
const lookMs = 10;
/** A task that waits is given so long to end after it was asked to stop. */
const stopMs = 1_000;
/** What code of a task finds out about it. */
interface Followed {
  readonly context: TaskContext;
  readonly running: Running;
}

/**
 * Runs tasks in a thread, one synchronous stretch at a time: a task that waits for something lets
 * the next one begin, as long as there is room beside those that wait.
 */
export class ThreadRunner {
  readonly #start: ThreadStart;
  readonly #inbox = new TaskInbox();
  readonly #values = new ThreadValues();
  readonly #programs: ThreadPrograms;
  readonly #results: ThreadResults;
  readonly #room: AwaitingRoom;
  readonly #leaks: LeakListener;
  readonly #hook = taskContextHook();
  #contexts: AsyncLocalStorage<Followed> | undefined;
  /** Tasks that wait, by ticket. */
  readonly #waiting = new Map<number, Running>();
  /** A task that must have the thread to itself is at work. */
  #isAlone = false;
  /** How many of them are heavy, and how many have left their places. */
  #heavyCount = 0;
  #secededCount = 0;
  /** The one that came last, until the event loop has turned. */
  #begun: Running | undefined;
  #isScheduled = false;
  #isLooking = false;
  #sliceEndMs = 0;

  constructor(port: MessagePort, start: ThreadStart, leaks: LeakListener) {
    this.#start = start;
    this.#hook.isTaskThread = true;
    this.#results = new ThreadResults(port);
    this.#room = new AwaitingRoom(start);
    this.#leaks = leaks;
    this.#programs = new ThreadPrograms(leaks);
    letGoUpTo(start.awaitingBytesMax);
  }

  take(message: ToThread): void {
    switch (message.kind) {
      case "tasks":
        for (const name of message.drop) this.#values.drop(name);
        for (const [name, block] of message.blocks) this.#values.give(name, block);
        this.#programs.define(message.functions, message.programs);
        this.#inbox.push(message);
        this.#work();
        return;
      case "forget":
        this.#programs.forget(message.programs, message.functions);
        return;
      case "abort":
        this.#abort(message.ticket);
        return;
    }
  }

  /** Runs what is in the inbox, for a while. */
  #work(): void {
    if (this.#isScheduled) return;
    let nowMs = performance.now();
    this.#sliceEndMs = nowMs + sliceMs;
    let flushAtMs = nowMs + flushMs;
    this.#weigh(nowMs);
    while (!this.#isAlone && this.#hasRoom(nowMs)) {
      const task = this.#inbox.take();
      if (task === undefined) break;
      this.#begin(task);
      nowMs = performance.now();
      // What a task that waits works on first shows how much memory it takes.
      if (nowMs > this.#sliceEndMs || this.#begun !== undefined) {
        this.#schedule();
        break;
      }
      if (nowMs > flushAtMs) {
        this.#results.flush();
        flushAtMs = nowMs + flushMs;
      }
    }
    this.#results.flush();
    this.#leaks.ran(this.#waiting.size === 0);
  }

  #hasRoom(nowMs: number): boolean {
    const count = this.#waiting.size - this.#secededCount;
    if (this.#room.isFree(count, this.#heavyCount > 0, nowMs)) return true;
    if (!this.#inbox.isEmpty && count < this.#start.awaitingMax) this.#lookAgain();
    return false;
  }

  /** Memory may come free while all tasks go on waiting. */
  #lookAgain(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const timer = setTimeout(() => {
      this.#isLooking = false;
      this.#work();
    }, lookMs);
    timer.unref();
  }

  /** The event loop has had its turn since the last task began to wait. */
  #weigh(nowMs: number): void {
    const begun = this.#begun;
    this.#begun = undefined;
    if (begun === undefined || begun.hasEnded || begun.hasSeceded) return;
    if (nowMs - begun.startMs < heavyMs) return;
    begun.isHeavy = true;
    this.#heavyCount++;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#work();
    });
  }

  #begin(of: InboxTask): void {
    const { tickets } = this.#start;
    if (Atomics.compareExchange(tickets, of.ticket, isPosted, isRunning) !== isPosted) {
      this.#results.skipped(of);
      return;
    }
    this.#isAlone = (of.flags & alone) !== 0;
    const running = this.#running(of);
    const startMs = performance.now();
    try {
      const given = this.#prepare(of);
      if (given instanceof Promise) this.#runLater(running, given);
      else this.#go(running, given, startMs);
    } catch (error) {
      this.#failed(running, error);
    }
  }

  /** Runs a task whose program and inputs are here. */
  #go(running: Running, given: Given, startMs: number): void {
    running.startMs = startMs;
    try {
      const value = this.#run(running, given);
      running.ms += performance.now() - startMs;
      if (value instanceof Promise) this.#await(running, value);
      else this.#done(running, value);
    } catch (error) {
      running.ms += performance.now() - startMs;
      this.#failed(running, error);
    }
  }

  /** The program of a task and what it gets; a promise where something must come first. */
  #prepare(of: InboxTask): Given | Promise<Given> {
    const program = this.#programs.get(of.program);
    const constants = of.constants.map((value) =>
      isShipped(value) ? this.#programs.value(value) : value,
    );
    const isHere =
      !(program instanceof Promise) && !constants.some((value) => value instanceof Promise);
    const preparations = of.inputs.flatMap((input) => this.#preparations(input));
    if (isHere && preparations.length === 0) {
      return { program, constants, inputs: of.inputs.map((input) => this.#read(input)) };
    }
    return (async () => {
      await Promise.all(preparations);
      return {
        program: await program,
        constants: await Promise.all(constants),
        inputs: of.inputs.map((input) => this.#read(input)),
      };
    })();
  }

  #preparations(input: InboxInput): Promise<void>[] {
    switch (input.kind) {
      case "payload":
        return [payloadPreparation(input.payload, input.start, input.end)].filter(
          (each) => each !== undefined,
        );
      case "value":
        return [this.#values.preparation(input.name)].filter((each) => each !== undefined);
      case "gathered":
        return input.members
          .map(({ name }) => this.#values.preparation(name))
          .filter((each) => each !== undefined);
    }
  }

  #read(input: InboxInput): unknown {
    switch (input.kind) {
      case "payload":
        return readPayload(input.payload, input.start, input.end);
      case "value":
        return this.#values.read(input.name);
      case "gathered": {
        const { piece, members } = input;
        if (piece < 0) return members.map(({ name }) => this.#values.read(name));
        // The program looks for the piece where it would stand among the others.
        return members.map(({ name, isPiece }) => ({
          [piece]: isPiece ? this.#values.read(name) : this.#values.readPiece(name, piece),
        }));
      }
    }
  }

  /** Runs a task as soon as the modules that it needs are imported. */
  #runLater(running: Running, given: Promise<Given>): void {
    const { tickets } = this.#start;
    const { ticket } = running.of;
    Atomics.compareExchange(tickets, ticket, isRunning, isPreparing);
    given.then(
      (ready) => {
        if (Atomics.compareExchange(tickets, ticket, isPreparing, isRunning) !== isPreparing) {
          this.#failed(running, new Cancelled());
        } else this.#go(running, ready, performance.now());
        if (this.#begun === undefined) this.#work();
        else this.#schedule();
      },
      (error: unknown) => {
        this.#failed(running, error);
        this.#work();
      },
    );
  }

  #running(of: InboxTask): Running {
    const control: RunControl = {
      step: 0,
      throwIfOver: () => {
        if (Atomics.load(this.#start.tickets, of.ticket) === isCancelled) throw new Cancelled();
      },
      pause: () => this.#pause(),
    };
    return {
      of,
      ms: 0,
      startMs: 0,
      stop: undefined,
      hasEnded: false,
      isHeavy: false,
      hasSeceded: false,
      program: undefined,
      control,
    };
  }

  #run(running: Running, { program, inputs, constants }: Given): unknown {
    const { control } = running;
    running.program = program;
    // Code that asks for its task says so when it is loaded, with the program.
    if (!this.#hook.isUsed) return runProgram(program, inputs, constants, control);
    this.#contexts ??= this.#followTasks();
    const contexts = this.#contexts;
    const context = contextOf(this.#start, running, (fn) => contexts.run(followed, fn));
    const followed = { context, running };
    return contexts.run(followed, runProgram, program, inputs, constants, control);
  }

  #followTasks(): AsyncLocalStorage<Followed> {
    const contexts = new AsyncLocalStorage<Followed>();
    this.#hook.current = () => contexts.getStore()?.context;
    this.#hook.secede = () => {
      const running = contexts.getStore()?.running;
      if (running !== undefined) this.#secede(running);
      return running !== undefined;
    };
    return contexts;
  }

  /** A task leaves its place: at once where it waits, else as soon as it does. */
  #secede(running: Running): void {
    if (running.hasSeceded || running.hasEnded) return;
    running.hasSeceded = true;
    if (!this.#waiting.has(running.of.ticket)) return;
    this.#leavePlace(running);
    this.#schedule();
  }

  #leavePlace(running: Running): void {
    this.#secededCount++;
    if (running.isHeavy) this.#heavyCount--;
    running.isHeavy = false;
    this.#isAlone = false;
    this.#results.seceded(running.of);
  }

  /** Between two steps: a long task lets others go on. */
  #pause(): Promise<void> | undefined {
    if (performance.now() <= this.#sliceEndMs || this.#waiting.size === 0) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#sliceEndMs = performance.now() + sliceMs;
        resolve();
      });
    });
  }

  #await(running: Running, value: Promise<unknown>): void {
    const { of } = running;
    Atomics.compareExchange(this.#start.tickets, of.ticket, isRunning, isWaiting);
    this.#waiting.set(of.ticket, running);
    this.#begun = running;
    this.#results.awaiting(of);
    if (running.hasSeceded) this.#leavePlace(running);
    value.then(
      (settled) => this.#settle(running, () => this.#done(running, settled)),
      (error: unknown) => this.#settle(running, () => this.#failed(running, error)),
    );
  }

  #settle(running: Running, end: () => void): void {
    if (!running.hasEnded) end();
    this.#work();
  }

  #done(running: Running, value: unknown): void {
    const { of } = running;
    if (!this.#end(running)) return;
    const startMs = performance.now();
    const us = running.ms * 1_000;
    const block = this.#results.done(of, value, (of.flags & inPieces) !== 0, us);
    running.ms += performance.now() - startMs;
    if (block !== undefined) this.#values.keep({ id: of.task, version: of.attempt }, block, value);
  }

  #failed(running: Running, error: unknown): void {
    if (!this.#end(running)) return;
    const { program, control } = running;
    const step = program && failedStep(program.steps, control.step);
    this.#results.failed(running.of, error, step, running.ms * 1_000);
  }

  /** Closes the ticket of a task; false where it was to stop, which is said then. */
  #end(running: Running): boolean {
    const { of } = running;
    this.#forget(running);
    this.#leaks.ended(running);
    if (Atomics.exchange(this.#start.tickets, of.ticket, isOver) !== isCancelled) return true;
    this.#results.aborted(of);
    return false;
  }

  #forget(running: Running): void {
    running.hasEnded = true;
    const hasWaited = this.#waiting.delete(running.of.ticket);
    if (hasWaited && running.hasSeceded) this.#secededCount--;
    if (running.isHeavy) this.#heavyCount--;
    this.#isAlone = false;
  }

  /** A task that waits is told that nobody wants it, and left alone when it does not listen. */
  #abort(ticket: number): void {
    const running = this.#waiting.get(ticket);
    if (running === undefined) return;
    running.stop?.();
    const timer = setTimeout(() => {
      this.#settle(running, () => {
        this.#forget(running);
        this.#results.leftAlone(running.of);
      });
    }, stopMs);
    timer.unref();
  }
}
