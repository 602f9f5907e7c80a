import { decodeControl, encodeControl } from "../../codec/control/control-frame.ts";
import { GREETING_LIMITS } from "../../codec/control/control-limits.ts";
import { fieldsOf } from "./data-messages.ts";

/** The first bytes of either side, "MRDP": nothing else is listened to. */
export const MAGIC = 0x5044524d;
/** Raised whenever two builds would not understand each other. */
export const PROTOCOL_VERSION = 1;
/** Magic and version; these and the length of the frame behind stay as they are for ever. */
export const PREFIX_BYTES = 8;
const LENGTH_BYTES = 4;

/** Who connects, which its certificate must say as well, where it has one of ours. */
export type DataRole = "worker" | "client";

/** What the connecting side says first. */
export interface Hello {
  readonly role: DataRole;
  readonly token: string;
  /** Whether blocks on this connection, either way, have checksums. */
  readonly isChecked: boolean;
}

/** What the other side answers first. */
export type Welcome =
  | { readonly kind: "welcome" }
  | {
      readonly kind: "refused";
      readonly why: "version" | "token" | "other";
      readonly reason: string;
    };

/** A message as the first bytes of a connection. */
export function encodeGreeting(
  message: Hello | Welcome,
  version: number = PROTOCOL_VERSION,
): Buffer {
  const frame = encodeControl(message, GREETING_LIMITS);
  const bytes = Buffer.alloc(PREFIX_BYTES + LENGTH_BYTES + frame.byteLength);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(version, 4);
  bytes.writeUInt32LE(frame.byteLength, PREFIX_BYTES);
  bytes.set(frame, PREFIX_BYTES + LENGTH_BYTES);
  return bytes;
}

/** @throws DistributedError `distributed/corrupt-frame` for what is no hello */
export function decodeHello(frame: Uint8Array): Hello {
  const fields = fieldsOf(decodeControl(frame, GREETING_LIMITS));
  const role = fields.text("role") === "client" ? "client" : "worker";
  return { role, token: fields.text("token"), isChecked: fields.flag("isChecked") };
}

/** @throws DistributedError `distributed/corrupt-frame` for what is no answer to a hello */
export function decodeWelcome(frame: Uint8Array): Welcome {
  const fields = fieldsOf(decodeControl(frame, GREETING_LIMITS));
  if (fields.text("kind") === "welcome") return { kind: "welcome" };
  const why = fields.text("why");
  const isKnown = why === "version" || why === "token";
  return { kind: "refused", why: isKnown ? why : "other", reason: fields.text("reason") };
}
