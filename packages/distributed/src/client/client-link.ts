import type { Block } from "../codec/block.ts";
import type { ClientMessage } from "../messages/client-messages.ts";
import type { Location } from "./client-events.ts";

/** How a client reaches scheduler and workers. */
export interface ClientLink {
  tell(message: ClientMessage): void;
  /** The block of a value; at once where it is in the memory of this process. */
  bring(from: Location): Block | Promise<Block>;
  /** What one call may bring here, unless it says so itself; undefined for any. */
  readonly bytesMax?: number | undefined;
  /** Calls what decodes a value that has come for this client. */
  receive?<T>(decode: () => T): T;
}
