import type { CoordinatedMessage, Demand } from "../../messages/coordination.ts";
import type { HeldOutput } from "../../messages/shipped.ts";
import type {
  CoordinationEvent,
  CoordinationInstruction,
} from "../coordination/coordination-events.ts";
import { CoordinationMachine } from "../coordination/machine.ts";
import type { SchedulerEvent } from "../scheduler-events.ts";
import type { Standing } from "../shares.ts";

/** How what clients share reaches tasks and clients. */
export interface CoordinatorLink {
  standingOf(epoch: number, holds: readonly HeldOutput[]): Standing;
  /** Something happens to the tasks; it is done when this returns. */
  happened(event: SchedulerEvent): void;
  workerNames(): readonly string[];
  /** Whether a worker is there, and does not want to go. */
  isStaying(worker: string): boolean;
  tell(epoch: number, message: CoordinatedMessage): void;
}

type Demanded = Extract<CoordinationEvent, { kind: "demanded" }>;

const noHolds: readonly HeldOutput[] = Object.freeze([]);

/**
 * Joins what clients share with the tasks that their futures stand for. The demands of one client
 * are taken in their order: one that gives away a future whose run is on its way in keeps those
 * behind it waiting, and nobody else.
 */
export class Coordinator {
  readonly #link: CoordinatorLink;
  readonly #machine = new CoordinationMachine();
  /** What clients have demanded, in the order in which they are to be looked at. */
  #demands = new Map<number, Demanded[]>();

  constructor(link: CoordinatorLink) {
    this.#link = link;
  }

  /** A client demands something; `handle` sees to it. */
  demanded(epoch: number, request: number, demand: Demand): void {
    if (demand.kind === "worker-names") {
      const outcome = { kind: "names", names: this.#link.workerNames() } as const;
      this.#link.tell(epoch, { kind: "coordinated", request, outcome });
      return;
    }
    const event: Demanded = { kind: "demanded", epoch, request, demand };
    const own = this.#demands.get(epoch);
    if (own === undefined) this.#demands.set(epoch, [event]);
    else own.push(event);
  }

  /** A client is gone. */
  left(epoch: number): void {
    this.#demands.delete(epoch);
    this.#take({ kind: "left", epoch });
  }

  /** Workers that have instances of actors. */
  get actorWorkers(): ReadonlySet<string> {
    return this.#machine.actorWorkers;
  }

  /** Takes all demands that need not wait for runs on their way in. */
  handle(): void {
    this.#endActors();
    if (this.#demands.size === 0) return;
    const demands = this.#demands;
    this.#demands = new Map();
    for (const [epoch, own] of demands) {
      const takenCount = this.#takeFrom(own);
      if (takenCount < own.length) this.#demands.set(epoch, own.slice(takenCount));
    }
  }

  /** An instance goes with its worker, and keeps none that wants to go. */
  #endActors(): void {
    for (const worker of this.#machine.actorWorkers) {
      if (!this.#link.isStaying(worker)) this.#take({ kind: "worker-left", worker });
    }
  }

  /** How many were taken. */
  #takeFrom(demands: readonly Demanded[]): number {
    for (const [n, event] of demands.entries()) {
      const { epoch, request, demand } = event;
      const holds = "value" in demand ? demand.value.holds : noHolds;
      const standing = holds.length === 0 ? "held" : this.#link.standingOf(epoch, holds);
      switch (standing) {
        case "coming":
          return n;
        case "held":
          this.#take(event);
          break;
        case "gone": {
          const reason = "a future in it has no task: its graph was refused";
          const outcome = { kind: "refused", why: "gone", reason } as const;
          this.#link.tell(epoch, { kind: "coordinated", request, outcome });
        }
      }
    }
    return demands.length;
  }

  #take(event: CoordinationEvent): void {
    for (const each of this.#machine.handle(event)) this.#carryOut(each);
  }

  #carryOut(instruction: CoordinationInstruction): void {
    switch (instruction.kind) {
      case "reply": {
        const { epoch, request, outcome } = instruction;
        this.#link.tell(epoch, { kind: "coordinated", request, outcome });
        return;
      }
      case "share": {
        const { epoch, share, holds } = instruction;
        this.#link.happened({ kind: "shared", epoch, share, holds });
        return;
      }
      case "adopt": {
        const { epoch, share, run } = instruction;
        this.#link.happened({ kind: "adopted", epoch, share, run });
        return;
      }
      case "entrust":
        this.#link.happened({ kind: "entrusted", share: instruction.share });
        return;
      case "unshare":
        this.#link.happened({ kind: "unshared", share: instruction.share });
        return;
    }
  }
}
