import type { Block } from "../../codec/block.ts";
import type { Demand } from "../../messages/coordination.ts";
import type { Asker, Desk, KeptValue, Waiter } from "./desk.ts";
import { Line } from "./line.ts";

/** It waits for the next values only while none are here. */
interface Subscription {
  readonly number: number;
  readonly epoch: number;
  readonly topic: Topic;
  readonly backlog: Line<KeptValue>;
  backlogBytes: number;
  /** Values that had no room, since it was last told. */
  droppedCount: number;
  waiter: Waiter | undefined;
}

/** It is there while somebody listens. */
interface Topic {
  readonly name: string;
  readonly subscriptions: Set<Subscription>;
}

type Of<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

/**
 * Topics: what is published goes to all who have subscribed before. Whoever does not keep up loses
 * the oldest values, and hears how many.
 */
export class Topics {
  readonly #desk: Desk;
  readonly #topics = new Map<string, Topic>();
  readonly #subscriptions = new Map<number, Subscription>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  publish(asker: Asker, { name, value: passed }: Of<"topic-publish">): void {
    const subscriptions = this.#topics.get(name)?.subscriptions;
    if (passed.holds.length > 0) {
      // Nobody would know when the last subscriber has let go of them.
      this.#desk.refuse(asker, "gone", "a topic takes no futures");
      return;
    }
    const number = subscriptions?.size ?? 0;
    const value = number === 0 ? undefined : this.#desk.keep(asker, passed);
    if (number > 0 && value === undefined) return;
    this.#desk.reply(asker, { kind: "number", number });
    if (subscriptions === undefined || value === undefined) return;
    for (const subscription of subscriptions) this.#add(subscription, value);
    this.#desk.drop(value);
  }

  #add(subscription: Subscription, value: KeptValue): void {
    const { backlog } = subscription;
    const { backlogMax, backlogBytesMax } = this.#desk.limits;
    backlog.push(value);
    value.uses++;
    subscription.backlogBytes += value.bytes;
    while (
      backlog.length > backlogMax ||
      (backlog.length > 1 && subscription.backlogBytes > backlogBytesMax)
    ) {
      this.#desk.drop(this.#shift(subscription));
      subscription.droppedCount++;
    }
    const { waiter } = subscription;
    if (waiter === undefined) return;
    subscription.waiter = undefined;
    this.#desk.settle(waiter);
    this.#tell(waiter, subscription);
  }

  #shift(subscription: Subscription): KeptValue {
    const value = subscription.backlog.shift() as KeptValue;
    subscription.backlogBytes -= value.bytes;
    return value;
  }

  #tell(asker: Asker, subscription: Subscription): void {
    const { batchMax, batchBytesMax } = this.#desk.limits;
    const blocks: Block[] = [];
    let bytes = 0;
    for (let next = subscription.backlog.first; next !== undefined;) {
      bytes += next.bytes;
      if (blocks.length > 0 && (blocks.length >= batchMax || bytes > batchBytesMax)) break;
      blocks.push(next.block);
      this.#desk.drop(this.#shift(subscription));
      next = subscription.backlog.first;
    }
    this.#desk.reply(asker, { kind: "batch", blocks, dropped: subscription.droppedCount });
    subscription.droppedCount = 0;
  }

  subscribe(asker: Asker, { name }: Of<"topic-subscribe">): void {
    if (!this.#desk.hasRoomForHold(asker)) return;
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      if (!this.#desk.hasRoomForName(asker)) return;
      topic = { name, subscriptions: new Set() };
      this.#topics.set(name, topic);
      this.#desk.countName(1);
    }
    const subscription: Subscription = {
      number: this.#desk.newNumber(),
      epoch: asker.epoch,
      topic,
      backlog: new Line(),
      backlogBytes: 0,
      droppedCount: 0,
      waiter: undefined,
    };
    topic.subscriptions.add(subscription);
    this.#subscriptions.set(subscription.number, subscription);
    this.#desk.countHold(1);
    this.#desk.reply(asker, { kind: "number", number: subscription.number });
  }

  next(asker: Asker, { subscription: number }: Of<"topic-next">): void {
    const subscription = this.#subscriptions.get(number);
    if (subscription?.epoch !== asker.epoch) {
      this.#desk.refuse(asker, "gone", "there is no such subscription");
    } else if (subscription.backlog.length > 0) this.#tell(asker, subscription);
    else if (subscription.waiter !== undefined) {
      this.#desk.refuse(asker, "at-odds", "it is read already");
    } else {
      const waiter: Waiter = {
        ...asker,
        leave: () => (subscription.waiter = undefined),
        left: () => undefined,
      };
      if (this.#desk.wait(waiter)) subscription.waiter = waiter;
    }
  }

  leave(asker: Asker, { subscription: number }: Of<"topic-leave">): void {
    const subscription = this.#subscriptions.get(number);
    if (subscription?.epoch === asker.epoch) this.#end(subscription);
    this.#desk.reply(asker, { kind: "done" });
  }

  #end(subscription: Subscription): void {
    const { number, topic, backlog, waiter } = subscription;
    if (waiter !== undefined) this.#desk.withdraw(waiter);
    this.#subscriptions.delete(number);
    this.#desk.countHold(-1);
    while (backlog.length > 0) this.#desk.drop(this.#shift(subscription));
    topic.subscriptions.delete(subscription);
    if (topic.subscriptions.size > 0) return;
    this.#topics.delete(topic.name);
    this.#desk.countName(-1);
  }

  /** A client is gone, which waits for nothing any more: it listens to nothing. */
  forget(epoch: number): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.epoch === epoch) this.#end(subscription);
    }
  }
}
