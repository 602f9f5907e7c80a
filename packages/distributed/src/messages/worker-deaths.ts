/** How the process of a worker ended, as the nanny that watched it saw it. */
export interface LastWords {
  /** One line: its exit code, the signal that ended it, or that it was killed for its memory. */
  readonly exit: string;
  /** What it wrote to its standard error last. */
  readonly stderr: string;
}

/**
 * From a worker that has a nanny to the scheduler, before it runs anything: how the process ended
 * that the scheduler knew by its name before, if there was one.
 */
export interface PredecessorTold {
  readonly kind: "predecessor-told";
  readonly words: LastWords | undefined;
}

/** Characters of either; a nanny sends 20 lines at most. */
export const exitCharactersMax = 512;
export const stderrCharactersMax = 4_096;
