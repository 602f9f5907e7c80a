import type { Key } from "@millrace/graph";
import {
  addClient,
  handleClientMessage,
  handleExpanded,
  handleNotExpanded,
  removeClient,
} from "./client-session.ts";
import type { HeldOutput } from "../messages/shipped.ts";
import { deriveStale } from "./derive.ts";
import { dispatch } from "./dispatch.ts";
import { entrust, letGoOfEnded } from "./keeper.ts";
import type { SchedulerLoad } from "./load.ts";
import { loadOf } from "./load.ts";
import { loseWorker } from "./losses.ts";
import { ProtocolError } from "./protocol-error.ts";
import { pumpQuestions } from "./questions.ts";
import { giveUpScattered } from "./scatter.ts";
import { handOver, retireWorker } from "./retire.ts";
import type { SchedulerEvent, SchedulerInstruction } from "./scheduler-events.ts";
import { SchedulerState, empty, outboxOf } from "./scheduler-state.ts";
import type { SchedulerSettings } from "./settings.ts";
import { adopt, share, standingOf, unshare } from "./shares.ts";
import type { Standing } from "./shares.ts";
import { schedulerDefaults } from "./settings.ts";
import type { StoryEntry } from "./story.ts";
import type { SchedulerSnapshot } from "./snapshot.ts";
import { snapshot } from "./snapshot.ts";
import { lookForSlow } from "./slow.ts";
import { lookAtStranded } from "./stranded.ts";
import { letGoOfMore, settle } from "./tasks.ts";
import { flushProgress, progressIntervalMs, takeMessages } from "./tell-client.ts";
import { validate } from "./validate.ts";
import { SchedulerView } from "./view.ts";
import type { WorkerOutbox } from "./worker-outbox.ts";
import { addWorker, expireWorkers, handleWorkerMessage } from "./worker-session.ts";

/** Outboxes that are kept for the next event: more workers are seldom told something in one. */
const spareOutboxesMax = 64;

/**
 * The scheduler: events in, instructions out. It does nothing itself and knows no time but what it
 * is told; whoever drives it owns connections, timers and threads.
 *
 * Events go through four steps: the handler of each kind changes states of tasks; runs that lost
 * something are worked out anew; ready tasks are placed and workers with room are given some; what
 * peers must hear is gathered into as few messages as can be.
 */
export class SchedulerMachine {
  /** What it knows, for people who watch it. */
  readonly view: SchedulerView;
  readonly #state: SchedulerState;

  constructor(settings: Partial<SchedulerSettings>, nowMs: number) {
    this.#state = new SchedulerState({ ...schedulerDefaults, ...settings }, nowMs);
    this.view = new SchedulerView(this.#state);
  }

  /**
   * Takes events, all at one time that never goes back; gives what is to be done, in this order.
   * Many events together cost less than one by one: what follows from them is done once.
   */
  handle(events: readonly SchedulerEvent[], nowMs: number): readonly SchedulerInstruction[] {
    const state = this.#state;
    state.nowMs = Math.max(nowMs, state.nowMs);
    state.lettingRoom = state.settings.letGoAtOnce;
    letGoOfMore(state);
    for (const event of events) this.#guard(event);
    letGoOfEnded(state);
    handOver(state);
    if (state.questions.size > 0) pumpQuestions(state);
    dispatch(state);
    // What waited with a task that fails here may run now.
    if (state.nowMs >= state.strandedLookMs && lookAtStranded(state)) dispatch(state);
    state.ids.recycle();
    flushProgress(state);
    this.#flush();
    this.#wake();
    const instructions = state.instructions.slice();
    empty(state.instructions);
    return instructions;
  }

  /**
   * Takes one event; a peer that breaks the rules is sent away. So is one whose message shows a
   * mistake of ours, if all that is known is right without the peer; else nothing here can be
   * believed any more, and it throws.
   */
  #guard(event: SchedulerEvent): void {
    const state = this.#state;
    let fault: Error | undefined;
    try {
      this.#take(event);
    } catch (error) {
      if (!("epoch" in event)) throw error;
      const { epoch } = event;
      let reason: string;
      if (error instanceof ProtocolError) reason = error.message;
      else {
        // Tests are to see it.
        if (state.settings.checked) throw error;
        fault = error instanceof Error ? error : new Error(String(error));
        reason = "the scheduler has failed to understand a message";
      }
      state.instructions.push({
        kind: "disconnect",
        epoch,
        reason,
        ...(fault !== undefined && { fault }),
      });
      state.journal.note(state.nowMs, { kind: "peer-sent-away", epoch, reason });
      this.#disconnected(epoch, reason);
    }
    if (state.abandoned.length > 0) giveUpScattered(state);
    // The next event finds all counters right again.
    if (state.stale.size > 0) deriveStale(state);
    if (state.settling.length > 0) for (const id of state.settling.splice(0)) settle(state, id);
    if (fault !== undefined) this.#checkAfter(fault);
  }

  /** A handler that broke off may have done half of its work. */
  #checkAfter(fault: Error): void {
    dispatch(this.#state);
    try {
      this.validate();
    } catch (error) {
      throw new Error(`${String(fault)}, and then: ${String(error)}`, { cause: fault });
    }
  }

  #take(event: SchedulerEvent): void {
    const state = this.#state;
    switch (event.kind) {
      case "worker-connected":
        addWorker(state, event.epoch, event.offer);
        return;
      case "client-connected":
        addClient(state, event.epoch, event.name);
        return;
      case "worker-said": {
        const worker = state.workers.get(event.epoch);
        // What comes from a connection that was given up is late, and nothing.
        if (worker !== undefined) handleWorkerMessage(state, worker, event.message);
        return;
      }
      case "client-said": {
        const client = state.clients.get(event.epoch);
        if (client !== undefined) handleClientMessage(state, client, event.message);
        return;
      }
      case "disconnected":
        this.#disconnected(event.epoch, event.reason);
        return;
      case "retire": {
        const worker = state.workers.get(event.worker);
        if (worker !== undefined) retireWorker(state, worker, event.hurry);
        return;
      }
      case "expanded": {
        const client = state.clients.get(event.epoch);
        if (client !== undefined) handleExpanded(state, client, event.run, event.graph);
        return;
      }
      case "not-expanded": {
        const client = state.clients.get(event.epoch);
        if (client !== undefined) handleNotExpanded(state, client, event.run, event.error);
        return;
      }
      case "shared": {
        const client = state.clients.get(event.epoch);
        if (client !== undefined) share(state, client, event.share, event.holds);
        return;
      }
      case "adopted": {
        const client = state.clients.get(event.epoch);
        if (client !== undefined) adopt(state, client, event.run, event.share);
        return;
      }
      case "unshared":
        unshare(state, event.share);
        return;
      case "entrusted":
        entrust(state, event.share);
        return;
      case "ticked":
        this.#ticked();
        return;
    }
  }

  #disconnected(epoch: number, reason: string): void {
    const worker = this.#state.workers.get(epoch);
    if (worker !== undefined) loseWorker(this.#state, worker, reason);
    const client = this.#state.clients.get(epoch);
    if (client !== undefined) removeClient(this.#state, client, reason);
  }

  #ticked(): void {
    const state = this.#state;
    // It has come, perhaps a little too early: another one has to be asked for.
    state.wakeMs = -Infinity;
    if (state.nowMs >= this.#expiryMs) expireWorkers(state);
    if (state.nowMs >= this.#slowMs) lookForSlow(state);
    if (state.idle.length > 0 && state.crowdedCount > 0) this.#recall();
  }

  /**
   * Asks workers that end nothing for what they have not begun. Which tasks these are only they
   * know; who does not give back all of them, unsure of what its threads do, is asked again, after
   * twice the time.
   */
  #recall(): void {
    const state = this.#state;
    const { nowMs, settings } = state;
    for (const worker of state.workerList) {
      if (worker.activeCount <= worker.threads) continue;
      const { lastDoneMs, recalledMs } = worker;
      const afterMs = worker.isStuck ? 2 * (recalledMs - lastDoneMs) : settings.recallAfterMs;
      if (nowMs < lastDoneMs + afterMs) continue;
      worker.isStuck = true;
      worker.recalledMs = nowMs;
      outboxOf(state, worker).recall(worker.isRetiring);
    }
  }

  #flush(): void {
    const { talking, talkingClients, spareOutboxes, instructions } = this.#state;
    for (const worker of talking) {
      const outbox = worker.outbox as WorkerOutbox;
      worker.outbox = undefined;
      // What it was to be told goes with its outbox.
      if (worker.isGone) continue;
      outbox.take(worker.epoch, instructions);
      if (spareOutboxes.length < spareOutboxesMax) spareOutboxes.push(outbox);
    }
    empty(talking);
    for (const client of talkingClients) {
      client.isTalkedTo = false;
      if (!client.isGone) takeMessages(client, instructions);
    }
    empty(talkingClients);
  }

  /** When the workers are to be looked through for silent ones. */
  get #expiryMs(): number {
    return this.#state.expiryMs + this.#state.settings.workerTimeoutMs / 4;
  }

  /** When the tasks that run are to be looked through for slow ones. */
  get #slowMs(): number {
    const { nowMs, slowLookMs, settings, started } = this.#state;
    const [first] = started.values() as Iterable<number>;
    return Math.max(slowLookMs, (first ?? nowMs) + settings.slowWarnMs);
  }

  /** Asks for the next tick, if there is something to be done at a time. */
  #wake(): void {
    const state = this.#state;
    const { settings, nowMs } = state;
    let atMs = Infinity;
    if (state.workerList.length > 0) atMs = this.#expiryMs;
    atMs = Math.min(atMs, state.strandedLookMs);
    if (state.backlog.length > 0 || state.unneeded.length > 0) atMs = nowMs;
    if (state.started.size > 0) atMs = Math.min(atMs, this.#slowMs);
    // Whoever has nothing to do may take something over when it has waited for a while.
    if (state.idle.length > 0 && (state.crowdedCount > 0 || state.rich.length > 0)) {
      atMs = Math.min(atMs, nowMs + settings.recallAfterMs);
    }
    for (const run of state.progressing) {
      atMs = Math.min(atMs, run.progressMs + progressIntervalMs);
    }
    for (const { retryMs } of state.retiring.values()) {
      if (retryMs > nowMs) atMs = Math.min(atMs, retryMs);
    }
    const isAsked = state.wakeMs > nowMs && state.wakeMs <= atMs;
    if (isAsked || atMs === Infinity) return;
    state.wakeMs = Math.max(atMs, nowMs);
    state.instructions.push({ kind: "wake", atMs: state.wakeMs });
  }

  /**
   * What has happened of late to the tasks of a key, whoever submitted them, the oldest first; not
   * to tasks of runs that are gone. Cost: all keys and the whole ring are looked through.
   */
  story(key: Key): readonly StoryEntry[] {
    const ids = new Set<number>();
    for (const run of this.#state.runs) {
      for (let t = 0; t < run.size; t++) if (run.keyOf(t) === key) ids.add(run.base + t);
    }
    return this.#state.story.of(ids);
  }

  /** What there is to do and who does it. Cost: workers and runs are looked at, no tasks. */
  load(nowMs: number): SchedulerLoad {
    const state = this.#state;
    state.nowMs = Math.max(nowMs, state.nowMs);
    return loadOf(state);
  }

  /** The names of the workers that take tasks, in their order. */
  get workerNames(): readonly string[] {
    return this.#state.staying.map(({ name }) => name).sort();
  }

  /** Whether a worker of this name is there, and does not want to go. */
  isStaying(worker: string): boolean {
    return this.#state.staying.some(({ name }) => name === worker);
  }

  /** Whether outputs of a client can be shared; of a client that is gone none can. */
  standingOf(epoch: number, holds: readonly HeldOutput[]): Standing {
    const client = this.#state.clients.get(epoch);
    return client === undefined ? "gone" : standingOf(client, holds);
  }

  /** What the scheduler knows now. Cost: everything is looked at. */
  get snapshot(): SchedulerSnapshot {
    return snapshot(this.#state);
  }

  /** Checks all that must hold between two events, and throws at what does not. For tests. */
  validate(): void {
    validate(this.#state);
  }
}
