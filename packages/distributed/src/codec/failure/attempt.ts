/**
 * What a function gives, or undefined where it throws: for looking at what was thrown, which may
 * throw again at every touch.
 */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // What an error throws when it is read is no more telling than the error itself.
    return undefined;
  }
}
