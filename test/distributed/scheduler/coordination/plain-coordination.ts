import type { Outcome } from "../../../../packages/distributed/src/messages/coordination.ts";
import type { OwnDemand } from "../../../../packages/distributed/src/scheduler/coordination/coordination-events.ts";

/** Whose value it is, as the test knows values: by one number. */
interface Value {
  readonly id: number;
  readonly futures: number;
}

interface Asker {
  readonly epoch: number;
  readonly request: number;
}

interface Queue {
  values: Value[];
  putters: (Asker & { readonly value: Value; readonly lengthMax: number })[];
  getters: Asker[];
}

interface Permit {
  readonly leasesMax: number;
  holders: { readonly epoch: number; readonly request: number }[];
  waiters: Asker[];
}

interface Subscription {
  readonly epoch: number;
  readonly request: number;
  readonly topic: string;
  backlog: Value[];
  dropped: number;
  waiter: Asker | undefined;
}

/** An outcome as far as a model can tell it: numbers of leases are the requests that got them. */
export type Told =
  | { readonly kind: "done" | "nothing" | "withdrawn" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "handle"; readonly request: number }
  | { readonly kind: "value"; readonly id: number }
  | { readonly kind: "batch"; readonly ids: readonly number[]; readonly dropped: number }
  | { readonly kind: "names"; readonly names: readonly string[] };

/**
 * What clients share, said again as simply as can be: plain lists, looked through whole. Time and
 * memory do not count here.
 */
export class PlainCoordination {
  readonly queues = new Map<string, Queue>();
  readonly permits = new Map<string, Permit>();
  readonly flags = new Map<string, { isSet: boolean; waiters: Asker[] }>();
  readonly variables = new Map<string, { value: Value | undefined; waiters: Asker[] }>();
  subscriptions: Subscription[] = [];
  readonly #backlogMax: number;
  #told = new Map<string, Told>();

  constructor(backlogMax: number) {
    this.#backlogMax = backlogMax;
  }

  /** What is told of one demand, by epoch and request. */
  demand(epoch: number, request: number, demand: OwnDemand, value: Value): Map<string, Told> {
    this.#told = new Map();
    this.#demand({ epoch, request }, demand, value);
    this.#pump();
    return this.#told;
  }

  /** A client goes. */
  leave(epoch: number): Map<string, Told> {
    this.#told = new Map();
    this.#drop((asker) => asker.epoch === epoch);
    for (const permit of this.permits.values()) {
      permit.holders = permit.holders.filter((holder) => holder.epoch !== epoch);
    }
    this.subscriptions = this.subscriptions.filter((each) => each.epoch !== epoch);
    this.#pump();
    return this.#told;
  }

  #tell({ epoch, request }: Asker, told: Told): void {
    this.#told.set(`${epoch} ${request}`, told);
  }

  #drop(isMeant: (asker: Asker) => boolean): void {
    const stays = (asker: Asker): boolean => !isMeant(asker);
    for (const queue of this.queues.values()) {
      queue.putters = queue.putters.filter(stays);
      queue.getters = queue.getters.filter(stays);
    }
    for (const permit of this.permits.values()) permit.waiters = permit.waiters.filter(stays);
    for (const flag of this.flags.values()) flag.waiters = flag.waiters.filter(stays);
    for (const variable of this.variables.values()) {
      variable.waiters = variable.waiters.filter(stays);
    }
    for (const each of this.subscriptions) {
      if (each.waiter !== undefined && isMeant(each.waiter)) each.waiter = undefined;
    }
  }

  /** Whether somebody waits with this request. */
  isWaiting({ epoch, request }: Asker): boolean {
    const isIt = (asker: Asker | undefined): boolean =>
      asker?.epoch === epoch && asker.request === request;
    return this.waiting.some(isIt);
  }

  get waiting(): readonly Asker[] {
    return [
      ...[...this.queues.values()].flatMap(({ putters, getters }) => [...putters, ...getters]),
      ...[...this.permits.values()].flatMap(({ waiters }) => waiters),
      ...[...this.flags.values()].flatMap(({ waiters }) => waiters),
      ...[...this.variables.values()].flatMap(({ waiters }) => waiters),
      ...this.subscriptions.flatMap(({ waiter }) => (waiter === undefined ? [] : [waiter])),
    ];
  }

  /** Values that are kept, each once. */
  get values(): readonly Value[] {
    return [
      ...new Set([
        ...[...this.queues.values()].flatMap(({ values, putters }) => [
          ...values,
          ...putters.map(({ value }) => value),
        ]),
        ...[...this.variables.values()].flatMap(({ value }) =>
          value === undefined ? [] : [value],
        ),
        ...this.subscriptions.flatMap(({ backlog }) => backlog),
      ]),
    ];
  }

  get heldCount(): number {
    const leases = [...this.permits.values()].flatMap(({ holders }) => holders);
    return leases.length + this.subscriptions.length;
  }

  #demand(asker: Asker, demand: OwnDemand, value: Value): void {
    switch (demand.kind) {
      case "queue-put":
        this.#queue(demand.name).putters.push({ ...asker, value, lengthMax: demand.lengthMax });
        return;
      case "queue-get": {
        const { getters } = this.#queue(demand.name);
        getters.push(asker);
        this.#pump();
        if (demand.waits || !this.isWaiting(asker)) return;
        getters.pop();
        this.#tell(asker, { kind: "nothing" });
        return;
      }
      case "queue-size":
        this.#tell(asker, { kind: "number", number: this.#queue(demand.name).values.length });
        return;
      case "queue-clear": {
        const queue = this.#queue(demand.name);
        this.#tell(asker, { kind: "number", number: queue.values.length });
        queue.values = [];
        return;
      }
      case "acquire":
        this.#acquire(asker, demand);
        return;
      case "event-set":
        this.#flag(demand.name).isSet = true;
        this.#tell(asker, { kind: "done" });
        return;
      case "event-clear":
        this.#flag(demand.name).isSet = false;
        this.#tell(asker, { kind: "done" });
        return;
      case "event-get": {
        const { isSet, waiters } = this.#flag(demand.name);
        if (demand.waits) waiters.push(asker);
        else this.#tell(asker, { kind: "number", number: isSet ? 1 : 0 });
        return;
      }
      case "variable-set": {
        const variable = this.#variable(demand.name);
        const isRefused = demand.isNew && variable.value !== undefined;
        if (!isRefused) variable.value = value;
        this.#tell(asker, { kind: "number", number: isRefused ? 0 : 1 });
        return;
      }
      case "variable-get": {
        const variable = this.#variable(demand.name);
        if (demand.waits || variable.value !== undefined) variable.waiters.push(asker);
        else this.#tell(asker, { kind: "nothing" });
        return;
      }
      case "variable-delete": {
        const variable = this.#variable(demand.name);
        this.#tell(asker, { kind: "number", number: variable.value === undefined ? 0 : 1 });
        variable.value = undefined;
        return;
      }
      case "variable-names": {
        const named = [...this.variables].filter(([, { value: kept }]) => kept !== undefined);
        this.#tell(asker, { kind: "names", names: named.map(([name]) => name).sort() });
        return;
      }
      case "entrust":
        // The scheduler has them from then on.
        this.#tell(asker, { kind: "done" });
        return;
      case "topic-publish":
        this.#publish(asker, demand.name, value);
        return;
      case "topic-subscribe": {
        const { name: topic } = demand;
        const fresh = { ...asker, topic, backlog: [], dropped: 0, waiter: undefined };
        this.subscriptions.push(fresh);
        this.#tell(asker, { kind: "handle", request: asker.request });
        return;
      }
      case "topic-next":
        this.#next(asker, demand.subscription);
        return;
      case "topic-leave":
        this.#endSubscription(asker, demand.subscription);
        return;
      case "let-go":
        for (const permit of this.permits.values()) {
          permit.holders = permit.holders.filter(
            ({ epoch, request }) => epoch !== asker.epoch || request !== demand.lease,
          );
        }
        this.#tell(asker, { kind: "done" });
        return;
      case "actor-open":
      case "actor-hold":
      case "actor-let-go":
      case "actor-host":
      case "actor-next":
      case "actor-call":
      case "actor-answer":
      case "actor-end":
        throw new Error("the model has no actors");
      case "leave": {
        const told = this.leave(asker.epoch);
        this.#told = told;
        this.#tell(asker, { kind: "done" });
        return;
      }
      case "withdraw": {
        const of = { epoch: asker.epoch, request: demand.request };
        if (!this.isWaiting(of)) return;
        this.#drop(({ epoch, request }) => epoch === of.epoch && request === of.request);
        this.#tell(of, { kind: "withdrawn" });
      }
    }
  }

  #acquire(
    asker: Asker,
    { space, name, leasesMax, waits }: Extract<OwnDemand, { kind: "acquire" }>,
  ) {
    const key = `${space} ${name}`;
    let permit = this.permits.get(key);
    if (permit === undefined || permit.holders.length === 0) {
      permit = { leasesMax, holders: [], waiters: [] };
      this.permits.set(key, permit);
    }
    if (permit.leasesMax !== leasesMax) this.#tell(asker, { kind: "refused", why: "at-odds" });
    else if (waits || permit.holders.length < leasesMax) permit.waiters.push(asker);
    else this.#tell(asker, { kind: "nothing" });
  }

  #publish(asker: Asker, name: string, value: Value): void {
    if (value.futures > 0) {
      this.#tell(asker, { kind: "refused", why: "gone" });
      return;
    }
    const heard = this.subscriptions.filter(({ topic }) => topic === name);
    for (const each of heard) {
      each.backlog.push(value);
      if (each.backlog.length <= this.#backlogMax) continue;
      each.backlog.shift();
      each.dropped++;
    }
    this.#tell(asker, { kind: "number", number: heard.length });
  }

  #subscription(asker: Asker, request: number): Subscription | undefined {
    return this.subscriptions.find(
      (each) => each.epoch === asker.epoch && each.request === request,
    );
  }

  #next(asker: Asker, request: number): void {
    const found = this.#subscription(asker, request);
    if (found === undefined) this.#tell(asker, { kind: "refused", why: "gone" });
    else if (found.waiter !== undefined) this.#tell(asker, { kind: "refused", why: "at-odds" });
    else found.waiter = asker;
  }

  #endSubscription(asker: Asker, request: number): void {
    const found = this.#subscription(asker, request);
    this.subscriptions = this.subscriptions.filter((each) => each !== found);
    if (found?.waiter !== undefined) this.#tell(found.waiter, { kind: "withdrawn" });
    this.#tell(asker, { kind: "done" });
  }

  /** Does what can be done, until nothing can. */
  #pump(): void {
    for (const queue of this.queues.values()) while (this.#pumpQueue(queue));
    for (const permit of this.permits.values()) {
      while (permit.waiters.length > 0 && permit.holders.length < permit.leasesMax) {
        const asker = permit.waiters.shift() as Asker;
        permit.holders.push(asker);
        this.#tell(asker, { kind: "handle", request: asker.request });
      }
    }
    for (const flag of this.flags.values()) {
      if (!flag.isSet) continue;
      for (const asker of flag.waiters) this.#tell(asker, { kind: "number", number: 1 });
      flag.waiters = [];
    }
    for (const variable of this.variables.values()) {
      if (variable.value === undefined) continue;
      const { id } = variable.value;
      for (const asker of variable.waiters) this.#tell(asker, { kind: "value", id });
      variable.waiters = [];
    }
    for (const each of this.subscriptions) {
      if (each.waiter === undefined || each.backlog.length === 0) continue;
      const ids = each.backlog.map(({ id }) => id);
      this.#tell(each.waiter, { kind: "batch", ids, dropped: each.dropped });
      each.backlog = [];
      each.dropped = 0;
      each.waiter = undefined;
    }
  }

  #pumpQueue(queue: Queue): boolean {
    const putter = queue.putters[0];
    // Whoever gets when there are no values makes room for the first who waits to put.
    const isHanded = queue.getters.length > 0 && queue.values.length === 0;
    if (putter !== undefined && (isHanded || queue.values.length < putter.lengthMax)) {
      queue.putters.shift();
      queue.values.push(putter.value);
      this.#tell(putter, { kind: "done" });
      return true;
    }
    if (queue.getters.length === 0 || queue.values.length === 0) return false;
    const { id } = queue.values.shift() as Value;
    this.#tell(queue.getters.shift() as Asker, { kind: "value", id });
    return true;
  }

  #queue(name: string): Queue {
    return orMake(this.queues, name, () => ({ values: [], putters: [], getters: [] }));
  }

  #flag(name: string): { isSet: boolean; waiters: Asker[] } {
    return orMake(this.flags, name, () => ({ isSet: false, waiters: [] }));
  }

  #variable(name: string): { value: Value | undefined; waiters: Asker[] } {
    return orMake(this.variables, name, () => ({ value: undefined, waiters: [] }));
  }
}

function orMake<T>(map: Map<string, T>, name: string, make: () => T): T {
  const found = map.get(name) ?? make();
  map.set(name, found);
  return found;
}

/** An outcome of the machine in the words of the model; `handle` gives the request of a number. */
export function toldOf(outcome: Outcome, isHandle: boolean, request: number): Told {
  switch (outcome.kind) {
    case "done":
    case "nothing":
    case "withdrawn":
      return { kind: outcome.kind };
    case "refused":
      return { kind: "refused", why: outcome.why };
    case "number":
      return isHandle ? { kind: "handle", request } : { kind: "number", number: outcome.number };
    case "names":
      return { kind: "names", names: outcome.names };
    case "value":
    case "call":
      return { kind: "value", id: idOf(outcome.block.header) };
    case "batch": {
      const ids = outcome.blocks.map(({ header }) => idOf(header));
      return { kind: "batch", ids, dropped: outcome.dropped };
    }
  }
}

/** The block of a value of the test has its number in four bytes. */
export function idOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(0);
}
