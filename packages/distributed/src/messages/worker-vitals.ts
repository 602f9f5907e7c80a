/** From a worker to the scheduler, every few seconds: how its process is. */
export interface VitalsTold {
  readonly kind: "vitals-told";
  /** Memory of the process, in which other workers may live too. */
  readonly residentBytes: number;
  /** Processor time of the process since its start. */
  readonly cpuSeconds: number;
  /** Values in memory, and those on disk only. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
}
