import type { Log } from "../log.ts";
import type { SchedulerLoad } from "../scheduler/load.ts";
import type { AdaptiveInstruction } from "./adaptive-events.ts";
import type { CheckedAdaptOptions } from "./check-adapt-options.ts";
import { AdaptiveMachine, waitCountDefault } from "./machine.ts";

/** A cluster that can be scaled by somebody else. */
export interface Scalable {
  readonly threadsPerWorker: number;
  /** Names of the workers that it has started and does not let go. */
  readonly names: readonly string[];
  readonly startingCount: number;
  /** Undefined when the scheduler has ended. */
  load(): Promise<SchedulerLoad | undefined>;
  /** Resolves when the workers are known to the scheduler. */
  add(count: number): Promise<void>;
  /** Resolves when they have handed over what they had. */
  remove(names: readonly string[]): Promise<void>;
}

/**
 * What scales a cluster by what there is to do, until it is stopped.
 *
 * @example
 * ```ts
 * import { LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * const adaptive = cluster.adapt({ maximum: 4 });
 * adaptive.stop();
 * cluster.size; // => 0
 * ```
 */
export class Adaptive implements Disposable {
  readonly #cluster: Scalable;
  readonly #machine: AdaptiveMachine;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #isMeasuring = false;
  #isStopped = false;

  /** Takes a cluster over; nobody else may scale it meanwhile. */
  constructor(cluster: Scalable, options: CheckedAdaptOptions, log: Log) {
    const { minimum, maximum, intervalMs, targetDurationMs } = options;
    const { threadsPerWorker } = cluster;
    this.#cluster = cluster;
    this.#machine = new AdaptiveMachine({
      minimum,
      maximum,
      targetDurationMs,
      threadsPerWorker,
      waitCount: waitCountDefault,
    });
    this.#log = log;
    this.#timer = setInterval(() => void this.#measure(), intervalMs);
    void this.#measure();
  }

  /** Whether it scales no more. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Leaves the cluster as it is; workers that are being started or let go go on. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** As `stop`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  async #measure(): Promise<void> {
    // A scheduler that is slow to answer is not asked twice.
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    const load = await this.#cluster.load();
    this.#isMeasuring = false;
    if (load === undefined) this.stop();
    if (load === undefined || this.#isStopped) return;
    const { names: own, startingCount } = this.#cluster;
    const event = { kind: "measured", load, own, startingCount } as const;
    for (const each of this.#machine.handle(event, performance.now())) this.#carryOut(each);
  }

  #carryOut(instruction: AdaptiveInstruction): void {
    switch (instruction.kind) {
      case "start": {
        const { count } = instruction;
        this.#log.info("scaling up", { workers: count });
        this.#cluster.add(count).catch((error: unknown) => {
          this.#log.error("workers could not be started", { error: String(error) });
          this.#machine.handle({ kind: "start-failed" }, performance.now());
        });
        return;
      }
      case "retire": {
        const { names } = instruction;
        this.#log.info("scaling down", { workers: names });
        this.#cluster.remove(names).catch((error: unknown) => {
          this.#log.error("workers could not be let go", { error: String(error) });
        });
        return;
      }
    }
  }
}
