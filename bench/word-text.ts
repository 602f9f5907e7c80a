/** Lines of 4 to 15 words out of 5000, small ones more often; the same on every machine. */
export function* wordText(bytes: number): Generator<string> {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letters = (length: number): string =>
    Array.from({ length }, () => String.fromCharCode(97 + random(26))).join("");
  const vocabulary = Array.from({ length: 5000 }, () => letters(2 + random(9)));
  for (let written = 0; written < bytes;) {
    const row = Array.from({ length: 4 + random(12) }, () => vocabulary[random(1 + random(5000))]);
    const line = `${row.join(" ")}\n`;
    written += line.length;
    yield line;
  }
}
