import { isIPv6 } from "node:net";
import { quoteValue } from "@millrace/graph/tasks";
import { invalidArgument } from "../../errors.ts";

/** Where blocks can be had: an address of the network, and for those on the machine a socket. */
export interface DataAddress {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  /** The path of a Unix socket. */
  readonly socketPath: string | undefined;
}

/** As one text: `tcp://127.0.0.1:43211`, `tls://[::1]:43211?socket=%2Ftmp%2Fx%2F1.sock`. */
export function formatAddress({ isTls, host, port, socketPath }: DataAddress): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  const socket = socketPath === undefined ? "" : `?socket=${encodeURIComponent(socketPath)}`;
  return `${isTls ? "tls" : "tcp"}://${name}:${port}${socket}`;
}

const PATTERN =
  /^(tcp|tls):\/\/(\[[0-9a-f:.%a-z]+\]|[^:/?#[\]\s@]+):(\d{1,5})(?:\?socket=([^&#\s]+))?$/i;

/** @throws DistributedError `distributed/invalid-argument` for what is no such text */
export function parseAddress(api: string, text: string): DataAddress {
  const [, scheme, host = "", port, socket] = PATTERN.exec(text) ?? [];
  const socketPath = socket === undefined ? undefined : pathOf(socket);
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  if (scheme === undefined || !isPort || socketPath === null) {
    throw invalidArgument(
      api,
      "it is no address of a worker",
      quoteValue(text),
      "such as tcp://127.0.0.1:43211",
      "Take the address that the worker has told.",
    );
  }
  return {
    isTls: scheme.toLowerCase() === "tls",
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port),
    socketPath,
  };
}

/** Null where it is no path. */
function pathOf(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // A stray percent sign.
    return null;
  }
}
