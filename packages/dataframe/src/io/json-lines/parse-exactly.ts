/** A JSON text, with whole numbers that JavaScript would round as bigints. */
export function parseExactly(line: string): unknown {
  // Texts are matched too, so that digits in them are none.
  const marked = line.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (part) =>
    /^-?\d{16,}$/.test(part) ? `"\\u0000${part}"` : part,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && /^\0-?\d{16,}$/.test(value) ? BigInt(value.slice(1)) : value,
  );
}
