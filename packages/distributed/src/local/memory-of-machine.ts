import { totalmem } from "node:os";

/** What this process may take, bytes: less in a container than the machine has. */
export function memoryOfMachine(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
