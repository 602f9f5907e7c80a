import type {
  ClientEvent,
  ClientInstruction,
  Location,
} from "../../packages/distributed/src/client/client-events.ts";
import { ClientMachine } from "../../packages/distributed/src/client/machine.ts";
import type {
  ClientMessage,
  ToClientMessage,
} from "../../packages/distributed/src/messages/client-messages.ts";
import type { TaskFailure } from "../../packages/distributed/src/messages/failure.ts";
import { Random } from "../lib/random.ts";
import { Connection } from "./connection.ts";
import { bringOutput, notBrought } from "./bring-output.ts";
import { openRoad } from "./network.ts";
import { OpenQuestions } from "./open-questions.ts";
import type { Fate, Hold, PlannedGraph } from "./plan-graph.ts";
import type { Outcome } from "./outcome.ts";
import { textOf } from "./outcome.ts";
import { planGraph } from "./plan-graph.ts";
import { planScatter, pushValues, sizesOf } from "./scattering.ts";
import { settingsOf } from "./run-settings.ts";
import type { Deed } from "./scenario.ts";
import type { SimValue } from "./values.ts";
import { hashOf } from "./values.ts";
import type { World } from "./world.ts";

interface ClientRun {
  readonly number: number;
  readonly deed: Deed;
  readonly planned: PlannedGraph;
  readonly outcomes: (Outcome | undefined)[];
  /** How many outputs its reader has taken. */
  consumed: number;
  isReading: boolean;
  wasRetried: boolean;
}

/** The process of a client: the real machine, and a user who checks all that it gets. */
export class VirtualClient {
  readonly name: string;
  readonly up = openRoad();
  readonly down = openRoad();
  readonly #world: World;
  readonly #random: Random;
  readonly machine = new ClientMachine();
  readonly runs = new Map<number, ClientRun>();
  readonly #questions: OpenQuestions;
  /** Runs that went with a connection, to be submitted again. */
  #again: Deed[] = [];
  #connection: Connection<ClientMessage, ToClientMessage> | undefined;
  #isOpen = false;
  #waiting: Deed[] = [];
  #runs = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.#questions = new OpenQuestions(world);
    this.#random = new Random(world.scenario.seed, "client", name);
  }

  connect(): void {
    if (this.#connection !== undefined) return;
    const connection = new Connection<ClientMessage, ToClientMessage>(this.#world, {
      name: this.name,
      up: this.up,
      down: this.down,
      random: this.#random,
      here: {
        opened: () => {
          if (this.#connection === connection) this.#opened();
        },
        told: (message) => {
          if (this.#connection === connection) this.#feed({ kind: "told", message });
        },
        closed: () => {
          if (this.#connection === connection) this.#disconnected();
        },
      },
      there: this.#world.scheduler.clientSide,
    });
    this.#connection = connection;
    connection.open();
  }

  #opened(): void {
    this.#isOpen = true;
    this.#feed({ kind: "connected" });
    const deeds = [...this.#again, ...this.#waiting];
    this.#again = [];
    this.#waiting = [];
    for (const deed of deeds) this.do(deed);
  }

  #disconnected(): void {
    this.#connection = undefined;
    this.#isOpen = false;
    this.#feed({ kind: "disconnected", reason: "simulated" });
    if (this.runs.size > 0) throw new Error(`${this.name} was not told of lost runs`);
    this.#world.clock.after(20, () => this.connect());
  }

  /** Its connection breaks; what it wanted it will ask for again. */
  reconnect(): void {
    if (this.#connection === undefined) return;
    this.#connection.leave({ lostShare: this.#random.next(), isSilent: false });
    this.#disconnected();
  }

  do(deed: Deed): void {
    if (!this.#isOpen) {
      this.#waiting.push(deed);
      return;
    }
    const runs = [...this.runs.values()];
    const run = runs.length === 0 ? undefined : runs[deed.graph % runs.length];
    switch (deed.kind) {
      case "collect":
      case "stream":
      case "hold":
        this.#submit(deed);
        return;
      case "scatter":
        this.#scatter(deed);
        return;
      case "release":
        if (run !== undefined) this.release(run);
        return;
      case "again":
        // The slots of the old run are the ones of the new: whatever is late meets it.
        if (run === undefined) return;
        this.release(run);
        if (run.deed.kind === "scatter") this.#scatter(run.deed);
        else if (run.planned.holds.length === 0) this.#submit({ ...run.deed, holds: 0 });
        return;
      case "retry":
        if (run !== undefined) this.#retry(run);
        return;
      case "reconnect":
        this.#world.mark("client reconnected");
        this.reconnect();
        return;
      case "replicate":
      case "rebalance":
      case "ask-who-has":
        if (run !== undefined) {
          this.#feed({ kind: "questioned", ...this.#questions.ask(deed, run.number) });
        }
        return;
    }
  }

  #submit(deed: Deed): void {
    const { scenario } = this.#world;
    if (scenario.graphs.length === 0) return;
    const g = deed.graph % scenario.graphs.length;
    const planned = planGraph(scenario, g, deed.retries, this.#holdsFor(deed));
    const run = this.#newRun(deed, planned);
    const { number } = run;
    const settings = settingsOf(deed, scenario.graphs[g]?.optimize ?? false);
    const { graph, keys, functions, holds } = planned;
    const brings = deed.kind !== "hold";
    this.#feed({ kind: "asked", run: number, graph, keys, functions, holds, settings, brings });
    if (deed.kind === "stream") this.#read(run);
  }

  #newRun(deed: Deed, planned: PlannedGraph): ClientRun {
    const number = this.#runs++;
    const outcomes = planned.keys.map(() => undefined);
    const state = { consumed: 0, isReading: false, wasRetried: false };
    const run = { number, deed, planned, outcomes, ...state };
    this.runs.set(number, run);
    return run;
  }

  #scatter(deed: Deed): void {
    this.#askPlaces(this.#newRun(deed, planScatter(this.name, this.#runs, 1 + deed.holds)));
  }

  /** Asks where to put values, and again for those that are not there in due time. */
  #askPlaces(run: ClientRun): void {
    const { number, planned, outcomes } = run;
    const asked = { run: number, keys: planned.keys, bytes: sizesOf(planned) };
    const request = this.#questions.note({ kind: "scatter", ...asked });
    this.#feed({ kind: "scattered", request, ...asked });
    this.#world.clock.after(300, () => {
      if (this.runs.get(number) !== run || !outcomes.includes(undefined)) return;
      this.#world.mark("places asked for again");
      this.#askPlaces(run);
    });
  }

  #answered({ request, answer }: Extract<ClientInstruction, { kind: "answered" }>): void {
    const question = this.#questions.answered(request, answer);
    if (question.kind !== "scatter" || answer.kind !== "places") return;
    const run = this.runs.get(question.run);
    if (run === undefined) return;
    pushValues(this.#world, this.#random, this.name, run.planned, answer.rows);
  }

  /** Outputs of runs that are held, which the tasks of a new one may read. */
  #holdsFor({ holds, graph }: Deed): readonly Hold[] {
    const held = [...this.runs.values()].filter(({ deed }) => staysThere(deed));
    if (held.length === 0) return [];
    return Array.from({ length: holds }, (_, n) => {
      const { number, planned } = held[(graph + n) % held.length] as ClientRun;
      const output = (graph + n) % planned.fates.length;
      return { run: number, output, fate: planned.fates[output] as Fate };
    });
  }

  release(run: ClientRun): void {
    if (!this.runs.delete(run.number)) return;
    for (const [output, outcome] of run.outcomes.entries()) {
      const name = `${this.name}/${run.number}/${run.planned.keys[output]}`;
      this.#world.outcomes.set(name, textOf(outcome));
    }
    this.#feed({ kind: "released", run: run.number });
  }

  #retry(run: ClientRun): void {
    this.#feed({ kind: "retried", run: run.number });
  }

  #retried(number: number, outputs: readonly number[]): void {
    const run = this.runs.get(number);
    if (run === undefined) return;
    this.#world.mark("retried by the client");
    run.wasRetried = true;
    for (const output of outputs) {
      if (run.outcomes[output]?.kind === "failed") run.outcomes[output] = undefined;
    }
  }

  #feed(event: ClientEvent): void {
    this.#world.trace(this.name, [event]);
    const instructions = this.machine.handle([event]);
    this.#world.checkSoon(() => this.machine.validate());
    for (const instruction of instructions) {
      this.#world.trace(`${this.name} ->`, instruction);
      this.#apply(instruction);
    }
  }

  #apply(instruction: ClientInstruction): void {
    switch (instruction.kind) {
      case "tell":
        this.#connection?.say(instruction.message);
        return;
      case "bring":
        this.#bring(instruction.run, instruction.output, instruction.from);
        return;
      case "finished":
        for (const output of instruction.outputs) this.#finished(instruction.run, output);
        return;
      case "failed":
        for (const output of instruction.outputs) {
          this.#failed(instruction.run, output, instruction.failure);
        }
        return;
      case "retried":
        this.#retried(instruction.run, instruction.outputs);
        return;
      case "rejected":
        this.#rejected(instruction.run, instruction.error);
        return;
      case "lost":
        this.#lost(instruction.run);
        return;
      case "answered":
        this.#answered(instruction);
        return;
      case "unanswered":
        this.#questions.unanswered(instruction.request);
        return;
      case "progressed":
      case "attempted":
      case "warn":
        return;
    }
  }

  #bring(run: number, output: number, from: Location): void {
    const connection = this.#connection;
    const isOpen = (): boolean => this.#connection === connection;
    bringOutput(this.#world, this.#random, this.name, from, (value) => {
      if (!isOpen()) return;
      if (value === notBrought) this.#feed({ kind: "not-brought", run, output, from });
      else this.#brought(run, output, value);
    });
  }

  #brought(number: number, output: number, value: SimValue): void {
    const run = this.runs.get(number);
    if (run !== undefined && run.outcomes[output] === undefined) {
      const { fates, keys } = run.planned;
      const fate = fates[output] as Fate;
      const isRight = fate.value === undefined || hashOf([fate.value]) === hashOf([value]);
      if (!isRight || fate.mustFail) {
        throw new Error(`${keys[output]} of run ${number} has a wrong value`);
      }
      run.outcomes[output] = { kind: "value", value };
    }
    this.#feed({ kind: "brought", run: number, output });
    if (run !== undefined) this.#settled(run);
  }

  #finished(number: number, output: number): void {
    const run = this.runs.get(number);
    if (run === undefined) return;
    if (run.outcomes[output] !== undefined) this.#world.mark("held output computed anew");
    if ((run.planned.fates[output] as Fate).mustFail) {
      throw new Error(`${run.planned.keys[output]} of run ${number} cannot have a value`);
    }
    run.outcomes[output] = { kind: "value", value: undefined };
  }

  #failed(number: number, output: number, failure: TaskFailure): void {
    const run = this.runs.get(number);
    if (run === undefined) return;
    const { fates, keys } = run.planned;
    const before = run.outcomes[output];
    if (before !== undefined && !staysThere(run.deed)) {
      throw new Error(`${keys[output]} of run ${number} failed after it had a ${before.kind}`);
    }
    this.#world.checkFailure(failure, fates[output] as Fate, run.planned);
    run.outcomes[output] = { kind: "failed", failure };
    if (failure.kind === "killed" && run.outcomes.some((other) => other?.kind === "value")) {
      this.#world.mark("killed beside values");
    }
    this.#settled(run);
  }

  #settled(run: ClientRun): void {
    if (run.deed.kind === "stream") this.#read(run);
    const isDone = run.outcomes.every((outcome) => outcome !== undefined);
    // A user may look at what failed for a while, and try again.
    const hasFailed = run.outcomes.some((outcome) => outcome?.kind === "failed");
    if (!isDone || staysThere(run.deed) || hasFailed) return;
    this.#world.clock.after(1, () => {
      if (run.outcomes.every((outcome) => outcome !== undefined)) this.release(run);
    });
  }

  /** The reader of a stream takes the next output, if it is there. */
  #read(run: ClientRun): void {
    if (run.isReading || run.outcomes[run.consumed] === undefined) return;
    run.isReading = true;
    this.#world.clock.after(run.deed.readMs, () => {
      run.isReading = false;
      if (this.runs.get(run.number) !== run) return;
      run.consumed++;
      this.#world.mark("stream advanced");
      this.#feed({ kind: "consumed", run: run.number, count: run.consumed });
      this.#read(run);
    });
  }

  #rejected(number: number, error: unknown): void {
    const run = this.runs.get(number);
    this.runs.delete(number);
    // No graph here is wrong, so that only what it stands for can be.
    if (run !== undefined && run.planned.holds.length > 0 && /not held/.test(String(error))) return;
    throw new Error(`run ${number} was rejected: ${String(error)}`);
  }

  #lost(number: number): void {
    const run = this.runs.get(number);
    if (run === undefined) return;
    this.runs.delete(number);
    this.#world.mark("run lost with the connection");
    if (run.planned.holds.length === 0) this.#again.push({ ...run.deed, holds: 0 });
  }

  /** What is still to come of what it wants. */
  unsettled(): string[] {
    return [...this.runs.values()].flatMap(({ number, outcomes, planned }) =>
      outcomes.flatMap((outcome, output) =>
        outcome === undefined ? [`${this.name}/${number}/${planned.keys[output]}`] : [],
      ),
    );
  }

  /** Whether all that it wants has come, or has failed. */
  get isSettled(): boolean {
    const isDone = this.#waiting.length === 0 && this.#questions.isEmpty;
    if (!this.#isOpen || !isDone) return false;
    for (const { outcomes } of this.runs.values()) {
      for (const outcome of outcomes) if (outcome === undefined) return false;
    }
    return true;
  }
}

/** Whether values of what it does stay with the workers until they are released. */
function staysThere({ kind }: Deed): boolean {
  return kind === "hold" || kind === "scatter";
}
