import { isIP } from "node:net";

/** Whether only processes of this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host).toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  const address = name.startsWith("::ffff:") ? name.slice("::ffff:".length) : name;
  return isIP(address) === 4 && address.startsWith("127.");
}

/** Whether listening on `host` is listening on every interface. */
export function isEveryInterface(host: string): boolean {
  const name = withoutBrackets(host);
  return name === "" || name === "0.0.0.0" || /^[0:]+$/.test(name);
}

/** A host as addresses have it: `::1` in brackets, names as they are. */
export function inBrackets(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** `[::1]` as it is written in addresses is `::1`. */
export function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
