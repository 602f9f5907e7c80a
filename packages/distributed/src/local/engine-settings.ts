import type { WorkerHostSettings } from "../worker/host/worker-host-settings.ts";

/** What a local engine is made of. */
export interface EngineSettings extends WorkerHostSettings {
  /** Name of the worker. */
  readonly name: string;
  readonly threads: number;
  /** Named amounts that tasks may ask for. */
  readonly resources: Readonly<Record<string, number>>;
}
