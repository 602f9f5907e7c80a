import type { Answer, Question } from "../../packages/distributed/src/messages/questions.ts";
import type { Deed } from "./scenario.ts";
import type { World } from "./world.ts";

/** What a client has asked, until it is answered: once, by what the question calls for. */
export class OpenQuestions {
  readonly #world: World;
  readonly #open = new Map<number, Question>();
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Asks about a run, of which all outputs are meant; gives the number of the request. */
  ask({ kind, lookahead }: Deed, run: number): { request: number; question: Question } {
    const question = questionOf(kind, run, lookahead);
    return { request: this.note(question), question };
  }

  /** Something was asked: gives the number of the request. */
  note(question: Question): number {
    this.#open.set(this.#count, question);
    return this.#count++;
  }

  answered(request: number, answer: Answer): Question {
    const question = this.#open.get(request);
    if (question === undefined) throw new Error(`question ${request} was answered before`);
    this.#open.delete(request);
    const world = this.#world;
    world.mark(`answered: ${answer.kind}`);
    if (answer.kind === "refused") return question;
    if (expected[question.kind] !== answer.kind) {
      throw new Error(`${question.kind} was answered by ${answer.kind}`);
    }
    if (answer.kind === "rebalanced" && answer.moved > 0) {
      world.mark("values moved to other workers");
    }
    if (answer.kind === "replicated" && answer.copied > 0) {
      world.mark("outputs copied to other workers");
    }
    return question;
  }

  unanswered(request: number): void {
    if (!this.#open.delete(request)) throw new Error(`nobody has asked ${request}`);
  }
}

const expected: Readonly<Record<Question["kind"], Answer["kind"]>> = {
  "who-has": "holders",
  replicate: "replicated",
  rebalance: "rebalanced",
  scatter: "places",
};

function questionOf(kind: Deed["kind"], run: number, lookahead: number): Question {
  if (kind === "rebalance") return { kind };
  if (kind === "ask-who-has") return { kind: "who-has", run, outputs: undefined };
  const copies = lookahead === 0 ? undefined : lookahead;
  return { kind: "replicate", run, outputs: undefined, copies };
}
