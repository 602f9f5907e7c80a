/** The nearest multiple of a power of ten, half away from zero; too large for digits: itself. */
export function roundHalfAway(x: number, digits: number): number {
  const power = 10 ** digits;
  const scaled = Math.abs(x) * power;
  if (!(scaled <= 2 ** 52)) return x;
  const rounded = Math.round(scaled) / power;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}
