import { Actors } from "./actors.ts";
import type {
  CoordinationEvent,
  CoordinationInstruction,
  OwnDemand,
} from "./coordination-events.ts";
import type { CoordinationLimits } from "./coordination-limits.ts";
import { coordinationLimits } from "./coordination-limits.ts";
import type { Asker, DeskCounts } from "./desk.ts";
import { Desk } from "./desk.ts";
import { Flags } from "./flags.ts";
import { Permits } from "./permits.ts";
import { Queues } from "./queues.ts";
import { Topics } from "./topics.ts";
import { Variables } from "./variables.ts";

/**
 * What clients share beside tasks and values: events in, instructions out. It knows no time: a
 * client that waits no longer withdraws its demand, and what a client has is free when it is gone.
 */
export class CoordinationMachine {
  readonly #desk: Desk;
  readonly #queues: Queues;
  readonly #permits: Permits;
  readonly #flags: Flags;
  readonly #variables: Variables;
  readonly #topics: Topics;
  readonly #actors: Actors;

  constructor(limits: Partial<CoordinationLimits> = {}) {
    const desk = new Desk({ ...coordinationLimits, ...limits });
    this.#desk = desk;
    this.#queues = new Queues(desk);
    this.#permits = new Permits(desk);
    this.#flags = new Flags(desk);
    this.#variables = new Variables(desk);
    this.#topics = new Topics(desk);
    this.#actors = new Actors(desk);
  }

  /** Takes one event; gives what is to be done, in this order. */
  handle(event: CoordinationEvent): readonly CoordinationInstruction[] {
    switch (event.kind) {
      case "demanded":
        this.#demanded(event, event.demand);
        break;
      case "left":
        this.#left(event.epoch);
        break;
      case "worker-left":
        this.#actors.leave(event.worker);
        break;
    }
    return this.#desk.take();
  }

  #left(epoch: number): void {
    this.#desk.forget(epoch);
    this.#permits.forget(epoch);
    this.#topics.forget(epoch);
    this.#actors.forget(epoch);
  }

  #demanded({ epoch, request }: Asker, demand: OwnDemand): void {
    const asker = { epoch, request };
    switch (demand.kind) {
      case "queue-put":
        return this.#queues.put(asker, demand);
      case "queue-get":
        return this.#queues.get(asker, demand);
      case "queue-size":
        return this.#queues.size(asker, demand);
      case "queue-clear":
        return this.#queues.clear(asker, demand);
      case "acquire":
        return this.#permits.acquire(asker, demand);
      case "let-go":
        return this.#permits.letGo(asker, demand);
      case "event-set":
        return this.#flags.set(asker, demand);
      case "event-clear":
        return this.#flags.clear(asker, demand);
      case "event-get":
        return this.#flags.get(asker, demand);
      case "variable-set":
        return this.#variables.set(asker, demand);
      case "variable-get":
        return this.#variables.get(asker, demand);
      case "variable-delete":
        return this.#variables.delete(asker, demand);
      case "variable-names":
        return this.#variables.names(asker, demand);
      case "topic-publish":
        return this.#topics.publish(asker, demand);
      case "topic-subscribe":
        return this.#topics.subscribe(asker, demand);
      case "topic-next":
        return this.#topics.next(asker, demand);
      case "topic-leave":
        return this.#topics.leave(asker, demand);
      case "actor-open":
        return this.#actors.open(asker, demand);
      case "actor-hold":
        return this.#actors.hold(asker, demand);
      case "actor-let-go":
        return this.#actors.letGo(asker, demand);
      case "actor-host":
        return this.#actors.host(asker, demand);
      case "actor-next":
        return this.#actors.next(asker, demand);
      case "actor-call":
        return this.#actors.call(asker, demand);
      case "actor-answer":
        return this.#actors.answer(asker, demand);
      case "actor-end":
        return this.#actors.end(asker, demand);
      case "entrust":
        return this.#desk.entrust(asker, demand.value);
      case "leave":
        this.#left(epoch);
        return this.#desk.reply(asker, { kind: "done" });
      case "withdraw":
        return this.#desk.withdraw({ epoch, request: demand.request });
    }
  }

  /** Workers on which there are actors. */
  get actorWorkers(): ReadonlySet<string> {
    return this.#actors.workers;
  }

  /** How much is kept, waits and is held. */
  get counts(): DeskCounts {
    return this.#desk.counts;
  }
}
