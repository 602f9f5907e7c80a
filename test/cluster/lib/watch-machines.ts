import { SchedulerMachine } from "../../../packages/distributed/dist/scheduler/machine.js";

/** Every so many calls all that a machine counts is counted anew. */
const everyCalls = 64;

/** Has the scheduler machines of this process checked again and again. */
export function watchMachines(): { areIdle(): boolean; validate(): void } {
  const machines = new Set<SchedulerMachine>();
  let calls = 0;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with the machine
  const { handle } = SchedulerMachine.prototype;
  SchedulerMachine.prototype.handle = function checked(this: SchedulerMachine, events, nowMs) {
    machines.add(this);
    const instructions = handle.call(this, events, nowMs);
    if (++calls % everyCalls === 0) this.validate();
    return instructions;
  };
  return {
    /** Whether no scheduler remembers anything: nobody wants anything any more. */
    areIdle: () =>
      [...machines].every(({ snapshot: { runs, workers } }) => {
        return runs.length === 0 && workers.every(({ held, sent }) => !(held.length + sent.length));
      }),
    validate: () => {
      for (const machine of machines) machine.validate();
    },
  };
}
