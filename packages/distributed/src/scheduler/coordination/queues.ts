import type { Demand } from "../../messages/coordination.ts";
import type { Asker, Desk, KeptValue, Waiter } from "./desk.ts";
import { Line } from "./line.ts";

interface Putter extends Waiter {
  readonly value: KeptValue;
  readonly lengthMax: number;
}

interface Getter extends Waiter {
  readonly run: number;
}

/**
 * Either nobody waits to get, or there are no values and nobody waits to put. It is there as long
 * as it is of use: while it has values or somebody waits.
 */
interface Queue {
  readonly name: string;
  readonly values: Line<KeptValue>;
  readonly putters: Line<Putter>;
  readonly getters: Line<Getter>;
}

type Of<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

/** Queues: values come out in the order in which they went in, to those who asked first. */
export class Queues {
  readonly #desk: Desk;
  readonly #queues = new Map<string, Queue>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  put(asker: Asker, { name, lengthMax, value: passed }: Of<"queue-put">): void {
    const queue = this.#open(asker, name);
    if (queue === undefined) return;
    const value = this.#desk.keep(asker, passed);
    if (value !== undefined) this.#offer(asker, queue, value, lengthMax);
    this.#close(queue);
  }

  #offer(asker: Asker, queue: Queue, value: KeptValue, lengthMax: number): void {
    const getter = queue.getters.shift();
    if (getter !== undefined) {
      this.#desk.settle(getter);
      this.#handOver(getter, value, getter.run);
      this.#desk.reply(asker, { kind: "done" });
    } else if (queue.putters.length === 0 && queue.values.length < lengthMax) {
      queue.values.push(value);
      this.#desk.reply(asker, { kind: "done" });
    } else this.#hold(asker, queue, value, lengthMax);
  }

  #hold(asker: Asker, queue: Queue, value: KeptValue, lengthMax: number): void {
    const standing = queue.putters.push({
      ...asker,
      value,
      lengthMax,
      leave: () => {
        queue.putters.remove(standing);
        this.#desk.drop(value);
      },
      left: () => {
        // Whoever stands behind it may have more patience with a long queue.
        this.#fill(queue);
        this.#close(queue);
      },
    });
    if (!this.#desk.wait(standing.item)) standing.item.leave();
  }

  get(asker: Asker, { name, waits, run }: Of<"queue-get">): void {
    const queue = this.#open(asker, name);
    if (queue === undefined) return;
    const value = queue.values.shift() ?? this.#takeFromPutter(queue);
    if (value !== undefined) {
      this.#handOver(asker, value, run);
      this.#fill(queue);
    } else if (waits) this.#await(asker, queue, run);
    else this.#desk.reply(asker, { kind: "nothing" });
    this.#close(queue);
  }

  #await(asker: Asker, queue: Queue, run: number): void {
    const standing = queue.getters.push({
      ...asker,
      run,
      leave: () => queue.getters.remove(standing),
      left: () => this.#close(queue),
    });
    if (!this.#desk.wait(standing.item)) standing.item.leave();
  }

  /** Of a queue that never holds anything, whoever puts waits for whoever gets. */
  #takeFromPutter({ putters }: Queue): KeptValue | undefined {
    const putter = putters.shift();
    if (putter === undefined) return undefined;
    this.#desk.settle(putter);
    this.#desk.reply(putter, { kind: "done" });
    return putter.value;
  }

  /** Takes in what waits, as far as there is room. */
  #fill({ values, putters }: Queue): void {
    for (let next = putters.first; next !== undefined; next = putters.first) {
      if (values.length >= next.lengthMax) return;
      putters.shift();
      values.push(next.value);
      this.#desk.settle(next);
      this.#desk.reply(next, { kind: "done" });
    }
  }

  #handOver(asker: Asker, value: KeptValue, run: number): void {
    this.#desk.give(asker, value, run);
    this.#desk.drop(value);
  }

  size(asker: Asker, { name }: Of<"queue-size">): void {
    const number = this.#queues.get(name)?.values.length ?? 0;
    this.#desk.reply(asker, { kind: "number", number });
  }

  clear(asker: Asker, { name }: Of<"queue-clear">): void {
    const queue = this.#queues.get(name);
    this.#desk.reply(asker, { kind: "number", number: queue?.values.length ?? 0 });
    if (queue === undefined) return;
    for (let value = queue.values.shift(); value !== undefined; value = queue.values.shift()) {
      this.#desk.drop(value);
    }
    this.#fill(queue);
    this.#close(queue);
  }

  #open(asker: Asker, name: string): Queue | undefined {
    const found = this.#queues.get(name);
    if (found !== undefined) return found;
    if (!this.#desk.hasRoomForName(asker)) return undefined;
    const queue: Queue = {
      name,
      values: new Line(),
      putters: new Line(),
      getters: new Line(),
    };
    this.#queues.set(name, queue);
    this.#desk.countName(1);
    return queue;
  }

  #close(queue: Queue): void {
    const { name, values, putters, getters } = queue;
    if (values.length + putters.length + getters.length > 0) return;
    if (this.#queues.get(name) !== queue) return;
    this.#queues.delete(name);
    this.#desk.countName(-1);
  }
}
