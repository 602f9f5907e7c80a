import type { Random } from "../lib/random.ts";
import type { Clock } from "./clock.ts";

/** When frames pass. */
export interface Road {
  /** Frames wait until then. */
  blockedUntilMs: number;
  /** How many times longer than usual frames take. */
  slowness: number;
  /** Frames on their way, also those of connections that were given up. */
  frameCount: number;
}

export function openRoad(): Road {
  return { blockedUntilMs: 0, slowness: 1, frameCount: 0 };
}

/**
 * One direction of a connection: frames arrive in the order in which they were sent, each after a
 * delay, and none while the road is blocked.
 */
export class Pipe<T> {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #road: Road;
  readonly #delayMs: number;
  readonly #deliver: (frame: T) => void;
  readonly #queue: { readonly atMs: number; readonly frame: T }[] = [];
  #lastMs = 0;
  #isPumping = false;

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly road: Road;
    readonly delayMs: number;
    readonly deliver: (frame: T) => void;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#road = options.road;
    this.#delayMs = options.delayMs;
    this.#deliver = options.deliver;
  }

  /** Frames on their way. */
  get length(): number {
    return this.#queue.length;
  }

  send(frame: T): void {
    const delayMs = this.#random.exponential(this.#delayMs) * this.#road.slowness;
    this.#lastMs = Math.max(this.#lastMs, this.#clock.nowMs + delayMs);
    this.#queue.push({ atMs: this.#lastMs, frame });
    this.#road.frameCount++;
    this.#pump();
  }

  /** Frames at the end of what is on its way are lost: of the last ones, so many. */
  loseTail(share: number): void {
    const left = Math.floor(this.#queue.length * (1 - share));
    this.#road.frameCount -= this.#queue.length - left;
    this.#queue.length = left;
  }

  #pump(): void {
    const first = this.#queue[0];
    if (first === undefined || this.#isPumping) return;
    this.#isPumping = true;
    this.#clock.at(Math.max(first.atMs, this.#road.blockedUntilMs), () => {
      this.#isPumping = false;
      // The road may have been blocked meanwhile, or frames lost.
      if (this.#road.blockedUntilMs <= this.#clock.nowMs) {
        const next = this.#queue.shift();
        if (next !== undefined) {
          this.#road.frameCount--;
          this.#deliver(next.frame);
        }
      }
      this.#pump();
    });
  }
}
