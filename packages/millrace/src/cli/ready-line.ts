/** The one line by which scripts know that something is there. */
export function readyLine(
  json: boolean,
  text: string,
  facts: Readonly<Record<string, unknown>>,
): string {
  return `${json ? JSON.stringify({ event: "ready", ...facts }) : text}\n`;
}
