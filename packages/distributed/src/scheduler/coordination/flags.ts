import type { Demand } from "../../messages/coordination.ts";
import type { Asker, Desk, Waiter } from "./desk.ts";

/** Nobody waits for one that is set; one that is neither set nor waited for is not there. */
interface Flag {
  readonly name: string;
  isSet: boolean;
  readonly waiters: Set<Waiter>;
}

type Of<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

/** Events: set or not, and all who wait are told at once when one is set. */
export class Flags {
  readonly #desk: Desk;
  readonly #flags = new Map<string, Flag>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  set(asker: Asker, { name }: Of<"event-set">): void {
    const flag = this.#open(asker, name);
    if (flag === undefined) return;
    flag.isSet = true;
    this.#desk.reply(asker, { kind: "done" });
    for (const waiter of flag.waiters) {
      this.#desk.settle(waiter);
      this.#desk.reply(waiter, { kind: "number", number: 1 });
    }
    flag.waiters.clear();
  }

  clear(asker: Asker, { name }: Of<"event-clear">): void {
    const flag = this.#flags.get(name);
    if (flag !== undefined) {
      flag.isSet = false;
      this.#close(flag);
    }
    this.#desk.reply(asker, { kind: "done" });
  }

  get(asker: Asker, { name, waits }: Of<"event-get">): void {
    const isSet = this.#flags.get(name)?.isSet === true;
    if (isSet || !waits) {
      this.#desk.reply(asker, { kind: "number", number: isSet ? 1 : 0 });
      return;
    }
    const flag = this.#open(asker, name);
    if (flag === undefined) return;
    const waiter: Waiter = {
      ...asker,
      leave: () => flag.waiters.delete(waiter),
      left: () => this.#close(flag),
    };
    if (this.#desk.wait(waiter)) flag.waiters.add(waiter);
    this.#close(flag);
  }

  #open(asker: Asker, name: string): Flag | undefined {
    const found = this.#flags.get(name);
    if (found !== undefined) return found;
    if (!this.#desk.hasRoomForName(asker)) return undefined;
    const flag: Flag = { name, isSet: false, waiters: new Set() };
    this.#flags.set(name, flag);
    this.#desk.countName(1);
    return flag;
  }

  #close(flag: Flag): void {
    const { name, isSet, waiters } = flag;
    if (isSet || waiters.size > 0 || this.#flags.get(name) !== flag) return;
    this.#flags.delete(name);
    this.#desk.countName(-1);
  }
}
