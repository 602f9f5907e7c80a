import type { Demand } from "../../messages/coordination.ts";
import type { Asker, Desk, KeptValue, Waiter } from "./desk.ts";
import { Line } from "./line.ts";

/** A call that has no answer yet. */
interface Call extends Waiter {
  readonly number: number;
  /** Under which its caller gets the futures of the answer. */
  readonly run: number;
  /** What its host is to be told; undefined once it was. */
  value: KeptValue | undefined;
}

/** Its host waits for a call. */
interface Next extends Waiter {
  readonly run: number;
}

/** Where the instance is. */
interface Host {
  readonly epoch: number;
  readonly worker: string;
}

/** Either no call is untold, or its host waits for none. */
interface Actor {
  readonly name: string;
  /** The future of the task that is its host: it is wanted as long as the actor is there. */
  readonly task: KeptValue;
  /** Clients, by their epochs, that have it. */
  readonly holders: Set<number>;
  host: Host | undefined;
  readonly calls: Map<number, Call>;
  readonly untold: Line<Call>;
  readonly nexts: Line<Next>;
}

type Of<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

/** So many actors that have ended are remembered, to say why to whoever calls them. */
const endedMax = 1_000;

/**
 * Actors: calls go to the one host of an actor in the order in which they come, and each has one
 * answer, or is refused when the actor ends. It ends with its host, when that says so, and with the
 * last client that has it; nothing makes it anew.
 */
export class Actors {
  readonly #desk: Desk;
  readonly #actors = new Map<string, Actor>();
  /** Why actors have ended, the oldest first. */
  readonly #ended = new Map<string, string>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  open(asker: Asker, { name, value: passed }: Of<"actor-open">): void {
    if (this.#actors.has(name)) {
      this.#desk.refuse(asker, "at-odds", "there is an actor of this name");
      return;
    }
    if (!this.#desk.hasRoomForName(asker)) return;
    const task = this.#desk.keep(asker, passed);
    if (task === undefined) return;
    this.#actors.set(name, {
      name,
      task,
      holders: new Set([asker.epoch]),
      host: undefined,
      calls: new Map(),
      untold: new Line(),
      nexts: new Line(),
    });
    this.#desk.countName(1);
    this.#desk.reply(asker, { kind: "done" });
  }

  hold(asker: Asker, { name }: Of<"actor-hold">): void {
    const actor = this.#find(asker, name);
    if (actor === undefined) return;
    actor.holders.add(asker.epoch);
    this.#desk.reply(asker, { kind: "done" });
  }

  letGo(asker: Asker, { name }: Of<"actor-let-go">): void {
    const actor = this.#actors.get(name);
    if (actor !== undefined) this.#release(actor, asker.epoch);
    this.#desk.reply(asker, { kind: "done" });
  }

  #release(actor: Actor, epoch: number): void {
    if (!actor.holders.delete(epoch) || actor.holders.size > 0) return;
    this.#end(actor, "it was released");
  }

  /** Its task has begun: once, since a second attempt would begin with a new instance. */
  host(asker: Asker, { name, worker }: Of<"actor-host">): void {
    const actor = this.#find(asker, name);
    if (actor === undefined) return;
    if (actor.host === undefined) {
      actor.host = { epoch: asker.epoch, worker };
      this.#desk.reply(asker, { kind: "done" });
    } else this.#desk.refuse(asker, "ended", "its instance was made before");
  }

  call(asker: Asker, { name, run, value: passed }: Of<"actor-call">): void {
    const actor = this.#find(asker, name);
    if (actor === undefined) return;
    const value = this.#desk.keep(asker, passed);
    if (value === undefined) return;
    const { calls, untold, nexts } = actor;
    const call: Call = {
      ...asker,
      number: this.#desk.newNumber(),
      run,
      value,
      leave: () => {
        calls.delete(call.number);
        if (call.value === undefined) return;
        untold.remove(standing);
        this.#desk.drop(call.value);
      },
      left: () => undefined,
    };
    const standing = untold.push(call);
    calls.set(call.number, call);
    if (!this.#desk.wait(call)) {
      call.leave();
      return;
    }
    const next = nexts.shift();
    if (next === undefined) return;
    this.#desk.settle(next);
    this.#tell(next, actor);
  }

  /** Tells a host the first of the calls that it does not know. */
  #tell(next: Asker & { readonly run: number }, { untold }: Actor): void {
    const call = untold.shift();
    if (call?.value === undefined) return;
    this.#desk.give(next, call.value, next.run, call.number);
    this.#desk.drop(call.value);
    call.value = undefined;
  }

  next(asker: Asker, { name, run }: Of<"actor-next">): void {
    const actor = this.#hosted(asker, name);
    if (actor === undefined) this.#desk.reply(asker, { kind: "nothing" });
    else if (actor.untold.length > 0) this.#tell({ ...asker, run }, actor);
    else {
      const standing = actor.nexts.push({
        ...asker,
        run,
        leave: () => actor.nexts.remove(standing),
        left: () => undefined,
      });
      if (!this.#desk.wait(standing.item)) standing.item.leave();
    }
  }

  /** An answer to a caller that is gone, or of a host that is none any more, is dropped. */
  answer(asker: Asker, { name, call: number, value: passed }: Of<"actor-answer">): void {
    const call = this.#hosted(asker, name)?.calls.get(number);
    const value = call === undefined ? undefined : this.#desk.keep(asker, passed);
    if (call !== undefined && value === undefined) return;
    this.#desk.reply(asker, { kind: "done" });
    if (call === undefined || value === undefined) return;
    this.#desk.settle(call);
    call.leave();
    this.#desk.give(call, value, call.run);
    this.#desk.drop(value);
  }

  /** Its host says that there is no instance any more. */
  end(asker: Asker, { name, reason }: Of<"actor-end">): void {
    const actor = this.#hosted(asker, name);
    if (actor !== undefined) this.#end(actor, reason);
    this.#desk.reply(asker, { kind: "done" });
  }

  /** All that asked is answered, and its task is wanted no more. */
  #end(actor: Actor, reason: string): void {
    this.#actors.delete(actor.name);
    this.#desk.countName(-1);
    this.#remember(actor.name, reason);
    for (const call of actor.calls.values()) {
      this.#desk.settle(call);
      call.leave();
      this.#desk.refuse(call, "ended", reason);
    }
    for (let next = actor.nexts.shift(); next !== undefined; next = actor.nexts.shift()) {
      this.#desk.settle(next);
      this.#desk.reply(next, { kind: "nothing" });
    }
    this.#desk.drop(actor.task);
  }

  #remember(name: string, reason: string): void {
    this.#ended.set(name, reason);
    if (this.#ended.size <= endedMax) return;
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      return;
    }
  }

  /** A client is gone, which waits for nothing any more: actors in it end, others it lets go of. */
  forget(epoch: number): void {
    for (const actor of this.#actors.values()) {
      if (actor.host?.epoch === epoch) this.#end(actor, `its worker ${actor.host.worker} is gone`);
      else this.#release(actor, epoch);
    }
  }

  /** Workers on which there are actors. */
  get workers(): ReadonlySet<string> {
    const workers = new Set<string>();
    for (const { host } of this.#actors.values()) if (host !== undefined) workers.add(host.worker);
    return workers;
  }

  /** A worker goes, or is gone: an instance cannot be handed over. */
  leave(worker: string): void {
    for (const actor of this.#actors.values()) {
      if (actor.host?.worker === worker) this.#end(actor, `its worker ${worker} goes`);
    }
  }

  #find(asker: Asker, name: string): Actor | undefined {
    const actor = this.#actors.get(name);
    if (actor !== undefined) return actor;
    this.#desk.refuse(asker, "ended", this.#ended.get(name) ?? "there is no such actor");
    return undefined;
  }

  /** The actor of which a client is the host. */
  #hosted({ epoch }: Asker, name: string): Actor | undefined {
    const actor = this.#actors.get(name);
    return actor?.host?.epoch === epoch ? actor : undefined;
  }
}
