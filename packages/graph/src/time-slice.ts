/** How long tasks may keep the event loop before timers and signals get their turn. */
const sliceMs = 10;
/** Reading a clock takes as long as a small task: between two looks at it there may be so many. */
const strideMax = 16;
/** Where the tasks between two looks took longer than this together, each is looked at. */
const longMs = 0.05;

/** Shares a thread with its event loop: says when that must get a turn, and gives it one. */
export class TimeSlice {
  #startedMs = performance.now();
  #lookedMs = this.#startedMs;
  #stride = 1;
  #untilLook = 1;
  #turn: Promise<void> | undefined;
  readonly #onTurn: () => void;

  /** `onTurn` is called after each turn of the event loop, behind those who waited for it. */
  constructor(onTurn: () => void) {
    this.#onTurn = onTurn;
  }

  /** Whether whoever runs must let the event loop go on; asked between two tasks or steps. */
  isOver(): boolean {
    if (--this.#untilLook > 0) return false;
    const nowMs = performance.now();
    const isLong = nowMs - this.#lookedMs > longMs;
    this.#stride = isLong ? 1 : Math.min(2 * this.#stride, strideMax);
    this.#lookedMs = nowMs;
    const isOver = nowMs - this.#startedMs > sliceMs;
    this.#untilLook = isOver ? 1 : this.#stride;
    return isOver;
  }

  /** Waits for the event loop; all who wait wait for the same turn, and share the next slice. */
  turn(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        this.#startedMs = this.#lookedMs = performance.now();
        resolve();
        this.#onTurn();
      });
    });
    return this.#turn;
  }
}
