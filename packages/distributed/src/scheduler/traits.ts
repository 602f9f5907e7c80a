/** Stands for many tasks together and is never run. */
export const isGathering = 1;
/** Is gathered by another: its result goes into a shuffle. */
export const feedsShuffle = 2;
/** Stands for a value that an earlier run has made. */
export const isHeld = 4;
/** Nobody makes its value: a client gives it to a worker. */
export const isScattered = 8;
/** Traits of tasks that are never sent to a worker. */
export const notRun: number = isGathering | isHeld | isScattered;
