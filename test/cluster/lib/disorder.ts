import type { Random } from "../../lib/random.ts";
import { isAlive } from "./processes.ts";
import type { TestCluster } from "./test-cluster.ts";
import type { TestWorker } from "./test-worker.ts";
import { pause } from "./until.ts";

/** How often which fault is drawn. */
const weights = { kill: 12, stop: 3, drop: 2, cut: 2, cutOneWay: 1, refuse: 2, slow: 1, late: 1 };
type Fault = keyof typeof weights;

/** Faults that last do so for some of these milliseconds. */
const lastsMs = { least: 200, most: 7_000 };

/** Does something bad to a worker of a cluster again and again, drawn from random numbers. */
export class Disorder {
  readonly counts: Record<Fault, number> = {
    kill: 0,
    stop: 0,
    drop: 0,
    cut: 0,
    cutOneWay: 0,
    refuse: 0,
    slow: 0,
    late: 0,
  };
  readonly #cluster: TestCluster;
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #lasting = new Set<Promise<void>>();
  #isStopped = false;

  constructor(cluster: TestCluster, random: Random, everyMs: number) {
    this.#cluster = cluster;
    this.#random = random;
    this.#everyMs = everyMs;
  }

  async run(endMs: number): Promise<void> {
    while (!this.#isStopped && performance.now() < endMs) {
      await pause(this.#everyMs * (0.5 + this.#random.next()));
      if (!this.#isStopped) this.#do(this.#draw(), this.#random.pick(this.#cluster.workers));
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Everything goes on as it should, and all workers are back. */
  async calm(): Promise<void> {
    await Promise.all(this.#lasting);
    for (const worker of this.#cluster.workers) {
      worker.resume();
      worker.control?.heal();
      worker.data?.heal();
    }
    for (const worker of this.#cluster.workers) await worker.isBack();
  }

  #draw(): Fault {
    const all = Object.entries(weights) as [Fault, number][];
    let left = this.#random.below(all.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [fault, weight] of all) {
      left -= weight;
      if (left < 0) return fault;
    }
    return "kill";
  }

  #do(fault: Fault, worker: TestWorker): void {
    const ms = this.#random.between(lastsMs.least, lastsMs.most);
    const way = this.#random.pick(["up", "down"] as const);
    const { control, data } = worker;
    this.counts[fault]++;
    switch (fault) {
      case "kill": {
        const { pid } = worker.nanny;
        if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
        return;
      }
      case "stop":
        if (worker.nanny.pid === undefined) return;
        worker.stop();
        this.#later(ms, () => worker.resume());
        return;
      case "drop":
        control?.drop();
        data?.drop();
        return;
      case "cut":
        control?.cut();
        this.#later(ms, () => control?.heal());
        return;
      case "cutOneWay":
        control?.cut(way);
        this.#later(ms, () => control?.heal());
        return;
      case "refuse":
        if (data !== undefined) data.isRefusing = true;
        data?.drop();
        this.#later(ms, () => data?.heal());
        return;
      case "slow":
        if (data !== undefined) data.bytesPerSecond = 200_000;
        this.#later(ms, () => data?.heal());
        return;
      case "late":
        if (control !== undefined) control.delayMs = 300;
        this.#later(ms, () => control?.heal());
        return;
    }
  }

  #later(ms: number, end: () => void): void {
    const over = pause(ms).then(end);
    this.#lasting.add(over);
    void over.then(() => this.#lasting.delete(over));
  }
}
