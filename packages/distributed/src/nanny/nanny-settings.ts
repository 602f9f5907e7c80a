/** What a nanny does when. */
export interface NannySettings {
  /** So many restarts within `restartWindowMs`, and it gives up; default 5. */
  readonly restartsMax: number;
  /** Default one minute. */
  readonly restartWindowMs: number;
  /** The first restart comes at once, the next ones after this, twice this and so on; 250 ms. */
  readonly backoffMs: number;
  /** Restarts wait no longer than this; default 4 s. */
  readonly backoffMsMax: number;
  /** How long a worker that was asked to retire may take before it is killed; default 30 s. */
  readonly terminateMs: number;
  /** The same for one that was asked to close, without handing values over; default 5 s. */
  readonly closeMs: number;
  /** What the worker may take; default no limit. */
  readonly memoryBytesMax: number;
  /** It is killed at this part of `memoryBytesMax`; default 0.95. */
  readonly memoryFraction: number;
  /** How long a worker lives before it is retired; default for ever. */
  readonly lifetimeMs: number;
  /** Its lifetime is this much longer or shorter, by chance; default 0. */
  readonly lifetimeStaggerMs: number;
  /** Whether there is a new worker after one whose lifetime is over; default false. */
  readonly lifetimeRestart: boolean;
}

/** Settings with the defaults filled in. */
export function nannySettings(options: Partial<NannySettings>): NannySettings {
  return {
    restartsMax: options.restartsMax ?? 5,
    restartWindowMs: options.restartWindowMs ?? 60_000,
    backoffMs: options.backoffMs ?? 250,
    backoffMsMax: options.backoffMsMax ?? 4_000,
    terminateMs: options.terminateMs ?? 30_000,
    closeMs: options.closeMs ?? 5_000,
    memoryBytesMax: options.memoryBytesMax ?? Infinity,
    memoryFraction: options.memoryFraction ?? 0.95,
    lifetimeMs: options.lifetimeMs ?? Infinity,
    lifetimeStaggerMs: options.lifetimeStaggerMs ?? 0,
    lifetimeRestart: options.lifetimeRestart ?? false,
  };
}
