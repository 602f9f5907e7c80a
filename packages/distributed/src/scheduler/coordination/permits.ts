import type { Demand } from "../../messages/coordination.ts";
import type { Asker, Desk, Waiter } from "./desk.ts";
import { Line } from "./line.ts";

/** Somebody waits only while as many leases are out as there may be. */
interface Permit {
  readonly key: string;
  readonly leasesMax: number;
  leaseCount: number;
  readonly waiters: Line<Waiter>;
}

interface Lease {
  readonly number: number;
  readonly epoch: number;
  readonly permit: Permit;
}

type Of<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

/** Locks and semaphores: no more than so many have one at a time; who asked first comes first. */
export class Permits {
  readonly #desk: Desk;
  readonly #permits = new Map<string, Permit>();
  readonly #leases = new Map<number, Lease>();
  readonly #leasesOf = new Map<number, Set<Lease>>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  acquire(asker: Asker, { space, name, leasesMax, waits }: Of<"acquire">): void {
    const permit = this.#open(asker, `${space} ${name}`, leasesMax);
    if (permit === undefined) return;
    if (permit.leasesMax !== leasesMax) {
      this.#desk.refuse(asker, "at-odds", `it has ${permit.leasesMax} leases in all`);
    } else if (permit.leaseCount < leasesMax) {
      if (this.#desk.hasRoomForHold(asker)) this.#lend(asker, permit);
    } else if (waits) this.#await(asker, permit);
    else this.#desk.reply(asker, { kind: "nothing" });
    this.#close(permit);
  }

  #await(asker: Asker, permit: Permit): void {
    const standing = permit.waiters.push({
      ...asker,
      leave: () => permit.waiters.remove(standing),
      left: () => undefined,
    });
    if (!this.#desk.wait(standing.item)) standing.item.leave();
  }

  #lend(asker: Asker, permit: Permit): void {
    const { epoch } = asker;
    const lease: Lease = { number: this.#desk.newNumber(), epoch, permit };
    permit.leaseCount++;
    this.#desk.countHold(1);
    this.#leases.set(lease.number, lease);
    const own = this.#leasesOf.get(epoch);
    if (own === undefined) this.#leasesOf.set(epoch, new Set([lease]));
    else own.add(lease);
    this.#desk.reply(asker, { kind: "number", number: lease.number });
  }

  /** A client lets go of a lease; of one that it does not have nothing happens. */
  letGo(asker: Asker, { lease: number }: Of<"let-go">): void {
    const lease = this.#leases.get(number);
    if (lease?.epoch === asker.epoch) this.#free(lease);
    this.#desk.reply(asker, { kind: "done" });
  }

  #free(lease: Lease): void {
    const { number, epoch, permit } = lease;
    this.#leases.delete(number);
    const own = this.#leasesOf.get(epoch);
    own?.delete(lease);
    if (own?.size === 0) this.#leasesOf.delete(epoch);
    permit.leaseCount--;
    this.#desk.countHold(-1);
    const next = permit.waiters.shift();
    if (next !== undefined) {
      this.#desk.settle(next);
      this.#lend(next, permit);
    }
    this.#close(permit);
  }

  /** A client is gone, which waits for nothing any more; what it had others may have. */
  forget(epoch: number): void {
    for (const lease of this.#leasesOf.get(epoch) ?? []) this.#free(lease);
  }

  #open(asker: Asker, key: string, leasesMax: number): Permit | undefined {
    const found = this.#permits.get(key);
    if (found !== undefined) return found;
    if (!this.#desk.hasRoomForName(asker)) return undefined;
    const permit: Permit = { key, leasesMax, leaseCount: 0, waiters: new Line() };
    this.#permits.set(key, permit);
    this.#desk.countName(1);
    return permit;
  }

  #close(permit: Permit): void {
    if (permit.leaseCount > 0 || this.#permits.get(permit.key) !== permit) return;
    this.#permits.delete(permit.key);
    this.#desk.countName(-1);
  }
}
