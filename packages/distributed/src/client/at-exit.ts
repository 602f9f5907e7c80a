/** What is to be done when the process ends by itself. */
const endings = new Set<() => void>();
let isListening = false;

/**
 * Calls a function when the process ends, by `process.exit` too or by an error that nobody catches;
 * only what it does at once counts then. Gives what calls that off.
 */
export function atExit(end: () => void): () => void {
  endings.add(end);
  // One listener for all: more than ten are taken for a leak.
  if (!isListening) process.once("exit", () => endings.forEach((each) => each()));
  isListening = true;
  return () => void endings.delete(end);
}
