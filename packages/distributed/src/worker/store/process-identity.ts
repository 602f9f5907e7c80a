import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";

/**
 * One process, told apart from every other: a process id alone is used again, after days or, in a
 * container, at once. What the system does not say is an empty text.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in ticks since `boot`; a later process with this pid has another. */
  readonly started: string;
  /** The boot of the machine, and the namespace in which the pid means something. */
  readonly boot: string;
  readonly namespace: string;
  /** The machine, whichever boot. */
  readonly machine: string;
}

const isLinux = process.platform === "linux";

/** The process that asks. */
export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    started: processState(process.pid)?.started ?? "",
    boot: textOf(() => fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace: textOf(() => fs.readlinkSync("/proc/self/ns/pid")),
    machine: machineOf(),
  };
}

/** This machine since its boot: two processes that give the same text share it. */
export function hostIdentity(): string {
  const { machine, boot } = thisProcess();
  return `${machine || os.hostname()}/${boot}`;
}

/**
 * Whether a process is dead for sure. Where the system does not say enough, as for a process of
 * another machine or another container, it is taken to be alive.
 */
export function isGone(other: ProcessIdentity, self: ProcessIdentity): boolean {
  const facts = [other.boot, self.boot, other.namespace, self.namespace];
  if (isLinux && facts.includes("")) return false;
  if (other.boot !== self.boot) return other.machine !== "" && other.machine === self.machine;
  // Where there are no boots, the machine has to be the same one.
  if (other.boot === "" && (other.machine === "" || other.machine !== self.machine)) return false;
  return other.namespace === self.namespace && !isRunning(other);
}

function isRunning({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    // EPERM: it runs, as another user.
  }
  const state = processState(pid);
  if (state === undefined || started === "") return true;
  // A zombie runs no more; it only waits for its parent to ask how it ended.
  return state.started === started && state.letter !== "Z" && state.letter !== "X";
}

/** State and start of a process as Linux tells them; undefined where it does not. */
function processState(pid: number): { letter: string; started: string } | undefined {
  const text = textOf(() => fs.readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is the name in brackets, which may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [letter = "", started = ""] = [fields[0], fields[19]];
  return started === "" ? undefined : { letter, started };
}

function machineOf(): string {
  if (!isLinux) return `${process.platform} ${os.hostname()}`;
  const id = textOf(() => fs.readFileSync("/etc/machine-id", "utf8").trim());
  // The id is confidential by its own manual; images are sometimes copied with it.
  if (id === "") return "";
  return createHash("sha256").update(`millrace ${id} ${os.hostname()}`).digest("hex").slice(0, 16);
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    // Not this system, or not for us to read.
    return "";
  }
}
