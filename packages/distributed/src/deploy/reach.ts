import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { quoteValue } from "@millrace/graph";
import { DistributedError } from "../errors.ts";
import { isLoopback } from "./security/is-loopback.ts";

/** Names that take longer are as good as wrong. */
const LOOKUP_MS = 5_000;

/**
 * The address of a host by its name.
 *
 * @throws DistributedError `distributed/unreachable` where the name leads nowhere, within 5 s
 */
export async function addressOf(
  where: string,
  host: string,
): Promise<{ readonly address: string; readonly family: number }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unknownHost(where, host, "no answer")), LOOKUP_MS);
  });
  try {
    return await Promise.race([lookup(host), late]);
  } catch (error) {
    if (error instanceof DistributedError) throw error;
    throw unknownHost(where, host, (error as NodeJS.ErrnoException).code ?? String(error), error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The own address by which this machine reaches another: that is where others of its network find
 * it. Nothing is sent.
 */
export async function ownAddressTowards(address: string, family: number): Promise<string> {
  if (isLoopback(address)) return family === 6 ? "::1" : "127.0.0.1";
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    socket.connect(9, address);
    await once(socket, "connect");
    return socket.address().address;
  } finally {
    socket.close();
  }
}

function unknownHost(
  where: string,
  host: string,
  reason: string,
  cause?: unknown,
): DistributedError {
  return new DistributedError(
    "distributed/unreachable",
    `${where}: the name of the host leads nowhere (${reason}), got ${quoteValue(host)}, wanted one that ` +
      "is known here. Correct it, or give an address.",
    cause === undefined ? undefined : { cause },
  );
}
