/** An output of the run that its client still wants. */
export const isWanted = 1;
/** Was sent to a worker that died: it runs alone until it has run well. */
export const isSuspect = 2;
/** Its worker said that it has begun. */
export const hasStarted = 4;
/** Waits for something asynchronous and takes no thread meanwhile. */
export const isAwaiting = 8;
/** One of the roots that wait in `roots` for whoever asks first. */
export const isRoot = 16;
/** A client has given its value to a worker: when that is lost nobody can make it. */
export const hasArrived = 32;
