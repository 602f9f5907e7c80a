import type { Location } from "../../packages/distributed/src/client/client-events.ts";
import type { Random } from "../lib/random.ts";
import type { SimValue } from "./values.ts";
import type { World } from "./world.ts";

/** What a client gets where a worker has not, or cannot be asked for, what it wants. */
export const notBrought: unique symbol = Symbol("not brought");

const questionTimeoutMs = 5_000;

/** Asks a worker for a value, for a client; `reply` is called once. */
export function bringOutput(
  world: World,
  random: Random,
  client: string,
  from: Location,
  reply: (value: SimValue | typeof notBrought) => void,
): void {
  const { clock, scenario, scheduler } = world;
  const delay = (): number => random.exponential(scenario.tuning.delayMs);
  const name = scheduler.workerOf(from.worker)?.name;
  const worker = name === undefined ? undefined : world.workerNamed(name);
  clock.after(delay(), () => {
    if (worker === undefined || worker.life === 0 || world.isCut(client, worker.name)) {
      clock.after(10, () => reply(notBrought));
      return;
    }
    const { life } = worker;
    const valueName = { id: from.task, version: from.version };
    const want = { name: valueName, piece: -1, as: valueName, bytes: from.bytes };
    let isOpen = true;
    clock.after(questionTimeoutMs, () => {
      if (isOpen) reply(notBrought);
      isOpen = false;
    });
    worker.answer([want], (answer) => {
      clock.after(delay(), () => {
        if (!isOpen) return;
        isOpen = false;
        const [found] = answer;
        if (found === undefined || worker.life !== life || world.isCut(client, worker.name)) {
          world.mark("output not brought");
          reply(notBrought);
          return;
        }
        world.audit.checkValue(want.name, found.value);
        reply(found.value);
      });
    });
  });
}
