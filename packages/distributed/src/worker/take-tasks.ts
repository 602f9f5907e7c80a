import { ComputeRowsReader, announced, gathers, inPieces } from "../messages/compute-rows.ts";
import type { ToWorkerMessage } from "../messages/worker-messages.ts";
import { piecesRead } from "./pieces-read.ts";
import { loseTask } from "./task-ends.ts";
import { findValue, needPiece, needValue } from "./values.ts";
import type { RunInput } from "./worker-events.ts";
import type { Gathering, Member, Value, WorkerState, WorkerTask } from "./worker-state.ts";
import { handOver } from "./worker-state.ts";

/**
 * Takes the tasks of a message in: what they lack is wanted, those that lack nothing are handed
 * over.
 */
export function takeTasks(
  state: WorkerState,
  message: Extract<ToWorkerMessage, { kind: "compute" }>,
): void {
  const { priority, rows, constants, programs, functions, peers } = message;
  for (const peer of peers) state.peers.set(peer.worker, peer);
  for (const { program, spec } of programs) state.piecesRead.set(program, piecesRead(spec));
  if (programs.length + functions.length > 0) {
    state.instructions.push({ kind: "define", programs, functions });
  }
  const reader = new ComputeRowsReader(rows);
  let constant = 0;
  while (reader.nextTask()) {
    if ((reader.flags & gathers) !== 0) {
      const version = reader.attempt;
      state.gatherings.set(reader.task, { version, members: readMembers(reader) });
      continue;
    }
    const own = constants.slice(constant, (constant += reader.constantCount));
    takeTask(state, reader, priority, own);
  }
}

function readMembers(reader: ComputeRowsReader): Member[] {
  const members: Member[] = [];
  for (let n = 0; n < reader.inputCount; n++) {
    reader.nextInput();
    const { input, version, bytes, holders } = reader;
    members.push({ name: { id: input, version }, bytes, holders });
  }
  return members;
}

function takeTask(
  state: WorkerState,
  reader: ComputeRowsReader,
  priority: number,
  constants: readonly unknown[],
): void {
  // Of its size from the start: a list that grows takes room for 17 with its first item.
  const inputs = new Array<RunInput>(reader.inputCount);
  const task: WorkerTask = {
    task: reader.task,
    attempt: reader.attempt,
    program: reader.program,
    priority,
    inPieces: (reader.flags & inPieces) !== 0,
    isAnnounced: (reader.flags & announced) !== 0,
    timeoutMs: reader.timeoutMs,
    inputs,
    constants,
    missing: undefined,
    pieces: undefined,
    isHanded: false,
    begun: undefined,
  };
  for (let n = 0; n < reader.inputCount; n++) {
    reader.nextInput();
    const { input: id, version, bytes, holders } = reader;
    const gathering = state.gatherings.get(id);
    if (gathering?.version === version) {
      inputs[n] = gatheredInput(state, task, n, gathering);
    } else {
      const found = findValue(state, id, version);
      const value = found ?? needValue(state, { name: { id, version }, bytes, holders });
      inputs[n] = { kind: "value", name: value.name };
      awaitValue(task, value);
    }
  }
  state.tasks.set(task.task, task);
  const nowhere = findNowhere(task);
  if (nowhere === undefined) handOver(state, task);
  else loseTask(state, task, nowhere);
}

/** A value that a task waits for and that nobody can be asked for. */
function findNowhere({ missing }: WorkerTask): Value | undefined {
  if (missing === undefined) return undefined;
  for (const value of missing) if (value.wanted === undefined) return value;
  return undefined;
}

/** Of values that a shuffle gathers only the piece is fetched that the task reads. */
function gatheredInput(
  state: WorkerState,
  task: WorkerTask,
  input: number,
  { members }: Gathering,
): RunInput {
  const source = state.piecesRead.get(task.program)?.get(input);
  const piece =
    source === undefined
      ? -1
      : source.kind === "literal"
        ? source.piece
        : (task.constants[source.constant] as number);
  return {
    kind: "gathered",
    piece,
    members: members.map((member) => {
      const isHere = member.holders.length === 0;
      const isPiece = piece >= 0 && !isHere;
      const value = isPiece ? needPiece(state, member, piece) : needValue(state, member);
      if (isPiece) (task.pieces ??= []).push(value);
      awaitValue(task, value);
      return { name: value.name, isPiece };
    }),
  };
}

function awaitValue(task: WorkerTask, value: Value): void {
  if (value.isHere) return;
  (value.readers ??= new Set()).add(task);
  (task.missing ??= new Set()).add(value);
}
