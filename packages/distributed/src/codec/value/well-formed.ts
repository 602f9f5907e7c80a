// Every Node since 20 has it; the types come with the library of ES2024.
const { isWellFormed } = String.prototype as unknown as {
  readonly isWellFormed: (this: string) => boolean;
};

/** Whether no half of a pair of characters stands alone, so that UTF-8 can hold the text. */
export function isWellFormedText(text: string): boolean {
  return isWellFormed.call(text);
}
