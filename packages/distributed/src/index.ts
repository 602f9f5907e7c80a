export { SerializationError } from "./errors.ts";
export type { DistributedErrorCode } from "./errors.ts";
