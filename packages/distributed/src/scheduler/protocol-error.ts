/** A peer said what no right peer says; its connection is ended, and nobody else is harmed. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}
