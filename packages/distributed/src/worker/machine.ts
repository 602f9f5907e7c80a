import type { ToWorkerMessage, WorkerOffer } from "../messages/worker-messages.ts";
import { handleFetchFailed, handleFetched } from "./fetch-ends.ts";
import { takeTasks } from "./take-tasks.ts";
import {
  cancelTasks,
  endTask,
  giveUp,
  handleFailed,
  handleLost,
  handleRan,
  handleUnreadable,
  handleWithdrawn,
  recallTasks,
} from "./task-ends.ts";
import { acquireValues, freeValue, receiveValues } from "./values.ts";
import { validate } from "./validate.ts";
import type { ValueName, WorkerEvent, WorkerInstruction } from "./worker-events.ts";
import type { WorkerSettings, WorkerTask } from "./worker-state.ts";
import { WorkerState, flushReport, tell } from "./worker-state.ts";

/** See `WorkerMachine.snapshot`. */
export interface WorkerSnapshot {
  readonly tasks: readonly WorkerTask[];
  /** Tasks that were given up and of which something may still run. */
  readonly ending: readonly WorkerTask[];
  readonly values: readonly ValueName[];
  /** Values that the scheduler wants here and waits for. */
  readonly ordered: readonly ValueName[];
  readonly comingCount: number;
  readonly gatheringCount: number;
  readonly bytesInFlight: number;
}

/**
 * A worker: events in, instructions out. It knows which tasks it has and which values are here,
 * gets what is missing from peers, and hands tasks to threads once all inputs are here. Store,
 * threads, sockets and clock belong to whoever drives it.
 *
 * There is at most one attempt at a task at a time: a new one waits until the last has ended.
 */
export class WorkerMachine {
  readonly #state: WorkerState;
  #isConnected = false;
  #nowMs: number;
  #saidMs: number;
  #heardMs: number;
  /** When it asked for an echo last. */
  #askedMs = -Infinity;
  #wakeMs = -Infinity;

  constructor(offer: WorkerOffer, settings: Partial<WorkerSettings>, nowMs: number) {
    this.#state = new WorkerState(offer, settings);
    this.#nowMs = nowMs;
    this.#saidMs = nowMs;
    this.#heardMs = nowMs;
  }

  /**
   * Takes events, all at one time that never goes back; gives what is to be done, in this order.
   */
  handle(events: readonly WorkerEvent[], nowMs: number): readonly WorkerInstruction[] {
    const state = this.#state;
    this.#nowMs = Math.max(nowMs, this.#nowMs);
    for (const event of events) this.#take(event);
    for (const question of state.fetching.questions()) {
      state.instructions.push({ kind: "fetch", ...question });
    }
    flushReport(state);
    const { instructions } = state;
    if (instructions.some(({ kind }) => kind === "tell")) this.#saidMs = this.#nowMs;
    this.#wake();
    state.instructions = [];
    return instructions;
  }

  /** Checks all that must hold between two events, and throws at what does not. For tests. */
  validate(): void {
    validate(this.#state);
  }

  /** What the worker has to do and holds; for tests and for a look into a worker that hangs. */
  get snapshot(): WorkerSnapshot {
    const { tasks, ending, values, gatherings, fetching } = this.#state;
    const here = [...values.values()].filter(({ isHere }) => isHere);
    return {
      tasks: [...tasks.values()],
      ending: [...ending.values()],
      values: here.map(({ name }) => name),
      ordered: [...values.values()].filter((value) => value.isOrdered).map(({ name }) => name),
      comingCount: values.size - here.length,
      gatheringCount: gatherings.size,
      bytesInFlight: fetching.bytesInFlight,
    };
  }

  #take(event: WorkerEvent): void {
    const state = this.#state;
    switch (event.kind) {
      case "connected":
        this.#isConnected = true;
        this.#heardMs = this.#nowMs;
        tell(state, { kind: "offer", offer: state.offer });
        return;
      case "disconnected":
        this.#forgetAll();
        return;
      case "told":
        // What was on its way from a scheduler that was given up is late, and nothing.
        if (!this.#isConnected) return;
        this.#heardMs = this.#nowMs;
        this.#told(event.message);
        return;
      case "started":
      case "awaiting":
        this.#note(event);
        return;
      case "ran":
        handleRan(state, event.rows);
        return;
      case "failed":
        handleFailed(state, event);
        return;
      case "withdrawn":
        handleWithdrawn(state, event.rows);
        return;
      case "aborted":
        for (let n = 0; n < event.rows.length; n += 2) {
          endTask(state, event.rows[n] as number, event.rows[n + 1] as number);
        }
        return;
      case "unreadable":
        handleUnreadable(state, event.task, event.attempt, event.values);
        return;
      case "lost":
        handleLost(state, event.values);
        return;
      case "fetched":
        handleFetched(state, event);
        return;
      case "received":
        receiveValues(state, event.values, this.#isConnected);
        return;
      case "fetch-failed":
        handleFetchFailed(state, event);
        return;
      case "pressure":
        tell(state, { kind: "memory", paused: event.paused, bytes: event.bytes });
        return;
      case "retire":
        this.#retire(event.hurry);
        return;
      case "ticked":
        this.#ticked();
        return;
    }
  }

  /** Where no scheduler knows what is here, there is nobody to hand it over. */
  #retire(hurry: boolean): void {
    const state = this.#state;
    state.isRetiring = true;
    if (this.#isConnected) tell(state, { kind: "retire", hurry });
    else state.instructions.push({ kind: "retired", lost: 0 });
  }

  #told(message: ToWorkerMessage): void {
    const state = this.#state;
    switch (message.kind) {
      case "welcome":
        state.number = message.worker;
        return;
      case "refused":
        this.#giveUpScheduler(message.reason);
        return;
      case "compute":
        takeTasks(state, message);
        return;
      case "recall":
        recallTasks(state, message.all);
        return;
      case "acquire":
        acquireValues(state, message);
        return;
      case "retired":
        state.instructions.push(message);
        return;
      case "cancel":
        cancelTasks(state, message.rows);
        return;
      case "free":
        for (let n = 0; n < message.rows.length; n += 2) {
          freeValue(state, message.rows[n] as number, message.rows[n + 1] as number);
        }
        return;
      case "forget":
        for (const program of message.programs) state.piecesRead.delete(program);
        state.instructions.push(message);
        return;
      case "echo":
        return;
    }
  }

  #note({ kind, rows }: Extract<WorkerEvent, { kind: "started" | "awaiting" }>): void {
    const { tasks, report } = this.#state;
    for (let n = 0; n < rows.length; n += 2) {
      const task = tasks.get(rows[n] as number);
      if (task === undefined || task.attempt !== rows[n + 1]) continue;
      task.begun = kind;
      report[kind](task.task, task.attempt);
    }
  }

  /** Time has passed: says that it is there, or finds that the scheduler is not. */
  #ticked(): void {
    // It has come, perhaps a little too early: another one has to be asked for.
    this.#wakeMs = -Infinity;
    const { silenceMs } = this.#state.settings;
    if (!this.#isConnected) return;
    if (this.#nowMs >= this.#heardMs + silenceMs) {
      this.#giveUpScheduler(`not heard for ${Math.round(this.#nowMs - this.#heardMs)} ms`);
    } else if (this.#nowMs >= this.#beatMs) {
      this.#askedMs = this.#nowMs;
      tell(this.#state, { kind: "heartbeat", sentMs: this.#nowMs });
    }
  }

  #giveUpScheduler(reason: string): void {
    this.#forgetAll();
    if (this.#state.isRetiring) return;
    this.#state.instructions.push({ kind: "reconnect", reason });
  }

  /** The scheduler counts all that is here as lost, so it is: tasks end and values go. */
  #forgetAll(): void {
    const state = this.#state;
    this.#isConnected = false;
    for (const task of state.tasks.values()) giveUp(state, task);
    const held = [...state.values.values()].filter(({ isHere }) => isHere);
    if (held.length > 0) {
      state.instructions.push({ kind: "drop", values: held.map(({ name }) => name) });
    }
    // The scheduler lets go of a worker with its connection: there is nothing to wait for.
    if (state.isRetiring) state.instructions.push({ kind: "retired", lost: held.length });
    // What comes late of that which no task waited for, but the scheduler, is wanted by nobody.
    for (const { wanted } of state.values.values()) {
      if (wanted !== undefined) wanted.isDropped = true;
    }
    state.values.clear();
    state.gatherings.clear();
    state.peers.clear();
    state.report.clear();
    state.number = -1;
    // Whatever is told now comes from a new connection.
    state.instructions = state.instructions.filter(({ kind }) => kind !== "tell");
  }

  /**
   * When to say that it is there: it was silent for long, or has not heard for long and needs an
   * answer.
   */
  get #beatMs(): number {
    const { heartbeatMs } = this.#state.settings;
    return heartbeatMs + Math.min(this.#saidMs, Math.max(this.#heardMs, this.#askedMs));
  }

  /** Asks for the next tick, if there is something to be said or heard. */
  #wake(): void {
    const { silenceMs } = this.#state.settings;
    if (!this.#isConnected) return;
    const atMs = Math.min(this.#beatMs, this.#heardMs + silenceMs);
    const isAsked = this.#wakeMs > this.#nowMs && this.#wakeMs <= atMs;
    if (isAsked || atMs === Infinity) return;
    this.#wakeMs = Math.max(atMs, this.#nowMs);
    this.#state.instructions.push({ kind: "wake", atMs: this.#wakeMs });
  }
}
