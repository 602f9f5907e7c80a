/** What a control frame may hold at most; whoever sends more is not one of us. */
export interface ControlLimits {
  readonly frameBytesMax: number;
  /** Arrays and objects in each other, the message itself included. */
  readonly depthMax: number;
  /** Values of all kinds, keys included: what decoding makes is bounded by it, not by bytes. */
  readonly nodesMax: number;
  readonly textBytesMax: number;
  readonly keyBytesMax: number;
}

/** Limits for a peer that has shown its token. */
export const CONTROL_LIMITS: ControlLimits = Object.freeze({
  frameBytesMax: 1_048_576,
  depthMax: 32,
  nodesMax: 100_000,
  textBytesMax: 1_048_576,
  keyBytesMax: 65_536,
});

/** Limits for the first messages of a peer that nobody knows. */
export const GREETING_LIMITS: ControlLimits = Object.freeze({
  ...CONTROL_LIMITS,
  frameBytesMax: 4_096,
  depthMax: 8,
  nodesMax: 256,
});
