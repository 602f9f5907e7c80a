import type { Demand, VariableSpace } from "../../messages/coordination.ts";
import type { Asker, Desk, KeptValue, Waiter } from "./desk.ts";

interface Getter extends Waiter {
  readonly run: number;
}

/** Nobody waits for one that has a value; one that has none and is not waited for is not there. */
interface Variable {
  readonly key: string;
  readonly name: string;
  readonly space: VariableSpace;
  value: KeptValue | undefined;
  readonly waiters: Set<Getter>;
}

type Of<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

/** Variables and published collections: the last value of a name, for all who ask. */
export class Variables {
  readonly #desk: Desk;
  readonly #variables = new Map<string, Variable>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  set(asker: Asker, { space, name, isNew, value: passed }: Of<"variable-set">): void {
    const variable = this.#open(asker, space, name);
    if (variable === undefined) return;
    if (isNew && variable.value !== undefined) {
      this.#desk.reply(asker, { kind: "number", number: 0 });
      return;
    }
    const value = this.#desk.keep(asker, passed);
    if (value !== undefined) this.#assign(asker, variable, value);
    this.#close(variable);
  }

  #assign(asker: Asker, variable: Variable, value: KeptValue): void {
    const old = variable.value;
    variable.value = value;
    if (old !== undefined) this.#desk.drop(old);
    this.#desk.reply(asker, { kind: "number", number: 1 });
    for (const waiter of variable.waiters) {
      this.#desk.settle(waiter);
      this.#desk.give(waiter, value, waiter.run);
    }
    variable.waiters.clear();
  }

  get(asker: Asker, { space, name, waits, run }: Of<"variable-get">): void {
    const value = this.#variables.get(keyOf(space, name))?.value;
    if (value !== undefined) {
      this.#desk.give(asker, value, run);
      return;
    }
    if (!waits) {
      this.#desk.reply(asker, { kind: "nothing" });
      return;
    }
    const variable = this.#open(asker, space, name);
    if (variable === undefined) return;
    const waiter: Getter = {
      ...asker,
      run,
      leave: () => variable.waiters.delete(waiter),
      left: () => this.#close(variable),
    };
    if (this.#desk.wait(waiter)) variable.waiters.add(waiter);
    this.#close(variable);
  }

  delete(asker: Asker, { space, name }: Of<"variable-delete">): void {
    const variable = this.#variables.get(keyOf(space, name));
    const value = variable?.value;
    this.#desk.reply(asker, { kind: "number", number: value === undefined ? 0 : 1 });
    if (variable === undefined || value === undefined) return;
    variable.value = undefined;
    this.#desk.drop(value);
    this.#close(variable);
  }

  names(asker: Asker, { space }: Of<"variable-names">): void {
    const names: string[] = [];
    for (const variable of this.#variables.values()) {
      if (variable.space === space && variable.value !== undefined) names.push(variable.name);
    }
    this.#desk.reply(asker, { kind: "names", names: names.sort() });
  }

  #open(asker: Asker, space: VariableSpace, name: string): Variable | undefined {
    const key = keyOf(space, name);
    const found = this.#variables.get(key);
    if (found !== undefined) return found;
    if (!this.#desk.hasRoomForName(asker)) return undefined;
    const variable: Variable = { key, name, space, value: undefined, waiters: new Set() };
    this.#variables.set(key, variable);
    this.#desk.countName(1);
    return variable;
  }

  #close(variable: Variable): void {
    const { key, value, waiters } = variable;
    if (value !== undefined || waiters.size > 0) return;
    if (this.#variables.get(key) !== variable) return;
    this.#variables.delete(key);
    this.#desk.countName(-1);
  }
}

function keyOf(space: VariableSpace, name: string): string {
  return `${space} ${name}`;
}
