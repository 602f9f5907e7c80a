import { isIPv6 } from "node:net";

/** So many wrong tokens of an address in so long are more than mistakes … */
const wrongMax = 32;
const windowMs = 60_000;
/** … and the next ones of it are turned away for so long. */
const lockMs = 10_000;
/** Addresses that are remembered; the one that came first is forgotten when another comes. */
const addressesMax = 4_096;

interface Guesses {
  count: number;
  sinceMs: number;
  lockedUntilMs: number;
}

/** Counts wrong tokens by the address from which they come; the time is told to it. */
export class WrongTokens {
  readonly #guesses = new Map<string, Guesses>();

  /** How many addresses are remembered. */
  get size(): number {
    return this.#guesses.size;
  }

  /** For how many seconds an address is turned away from now on; 0 where it is not. */
  lockedS(address: string, nowMs: number): number {
    const found = this.#guesses.get(placeOf(address));
    return found === undefined ? 0 : Math.max(0, Math.ceil((found.lockedUntilMs - nowMs) / 1_000));
  }

  /** A token was wrong; says whether its address is turned away from now on and was not before. */
  note(address: string, nowMs: number): boolean {
    const place = placeOf(address);
    const known = this.#guesses.get(place);
    const isRecent = known !== undefined && nowMs - known.sinceMs < windowMs;
    const found = isRecent ? known : { count: 0, sinceMs: nowMs, lockedUntilMs: -Infinity };
    if (!isRecent) this.#remember(place, found);
    found.count++;
    if (found.count < wrongMax || nowMs < found.lockedUntilMs) return false;
    // Until it has been quiet for a while, a single further one is too much.
    found.sinceMs = nowMs;
    found.lockedUntilMs = nowMs + lockMs;
    return true;
  }

  #remember(place: string, guesses: Guesses): void {
    this.#guesses.delete(place);
    this.#guesses.set(place, guesses);
    if (this.#guesses.size <= addressesMax) return;
    const [oldest] = this.#guesses.keys() as Iterable<string>;
    this.#guesses.delete(oldest as string);
  }
}

/** A machine has one address of the old kind, and as many of the new as its network has. */
function placeOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = "", tail] = address.split("%", 1)[0]!.toLowerCase().split("::");
  const [first, last] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array.from({ length: Math.max(0, 8 - first!.length - last!.length) }, () => "0");
  return [...first!, ...(tail === undefined ? [] : zeros), ...last!].slice(0, 4).join(":");
}
