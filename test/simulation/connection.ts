import type { Random } from "../lib/random.ts";
import type { Road } from "./network.ts";
import { Pipe } from "./network.ts";
import type { World } from "./world.ts";

type Frame<M> =
  { readonly kind: "opened" | "closed" } | { readonly kind: "said"; readonly message: M };

/** What a peer does with what comes. */
export interface PeerSide<Down> {
  readonly opened: () => void;
  readonly told: (message: Down) => void;
  readonly closed: () => void;
}

/** What a scheduler does with what comes: it is given the connection, and accepts it. */
export interface SchedulerSide<Up, Down> {
  readonly opened: (connection: Connection<Up, Down>) => void;
  readonly said: (connection: Connection<Up, Down>, message: Up) => void;
  readonly closed: (connection: Connection<Up, Down>) => void;
}

/**
 * A connection of a worker or a client with the scheduler; each side can be closed without the
 * other.
 */
export class Connection<Up, Down> {
  readonly name: string;
  /** The number that the scheduler gave it; -1 before. */
  epoch = -1;
  /** The scheduler counts it as open. */
  isOpenThere = false;
  /** The last messages that went up. */
  readonly said: Up[] = [];
  readonly #up: Pipe<Frame<Up>>;
  readonly #down: Pipe<Frame<Down>>;

  constructor(
    world: World,
    options: {
      readonly name: string;
      readonly up: Road;
      readonly down: Road;
      readonly random: Random;
      readonly here: PeerSide<Down>;
      readonly there: SchedulerSide<Up, Down>;
    },
  ) {
    const { name, up, down, random, here, there } = options;
    const { clock, scenario } = world;
    const { delayMs } = scenario.tuning;
    this.name = name;
    this.#up = new Pipe<Frame<Up>>({
      clock,
      random,
      road: up,
      delayMs,
      deliver: (frame) => {
        if (frame.kind === "opened") there.opened(this);
        else if (frame.kind === "closed") there.closed(this);
        else if (frame.kind === "said") there.said(this, frame.message);
      },
    });
    this.#down = new Pipe<Frame<Down>>({
      clock,
      random,
      road: down,
      delayMs,
      deliver: (frame) => {
        if (frame.kind === "opened") here.opened();
        else if (frame.kind === "closed") here.closed();
        else if (frame.kind === "said") here.told(frame.message);
      },
    });
  }

  /** Frames on their way. */
  get frameCount(): number {
    return this.#up.length + this.#down.length;
  }

  open(): void {
    this.#up.send({ kind: "opened" });
  }

  accept(epoch: number): void {
    this.epoch = epoch;
    this.isOpenThere = true;
    this.#down.send({ kind: "opened" });
  }

  say(message: Up): void {
    this.said.push(message);
    if (this.said.length > 8) this.said.shift();
    this.#up.send({ kind: "said", message });
  }

  tell(message: Down): void {
    this.#down.send({ kind: "said", message });
  }

  /** The peer closes its side, or dies; the last of what it said may be lost. */
  leave({ lostShare, isSilent }: { lostShare: number; isSilent: boolean }): void {
    if (lostShare > 0.3) this.#up.loseTail(lostShare - 0.3);
    if (!isSilent) this.#up.send({ kind: "closed" });
  }

  loseDown(share: number): void {
    this.#down.loseTail(share);
  }

  /** The scheduler closes its side. */
  refuse(): void {
    this.isOpenThere = false;
    this.#down.send({ kind: "closed" });
  }
}
