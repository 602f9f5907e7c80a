/** What the lines of a text are, written to be obvious. */
export function linesByHand(text: string, delimiter: string | undefined): string[] {
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  const lines = plain.split(delimiter ?? "\n");
  const last = lines.pop() ?? "";
  const ended = delimiter === undefined ? lines.map((line) => line.replace(/\r$/, "")) : lines;
  return last === "" ? ended : [...ended, last];
}
