import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

const isLinux = process.platform === "linux";
/** Elsewhere a sample is a process of its own. */
const WATCH_MS = isLinux ? 100 : 500;

/** Tells every 100 ms what memory the system counts for a process. Never keeps this one alive. */
export class RssWatch {
  readonly #pid: number;
  readonly #sampled: (bytes: number) => void;
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;
  #isStopped = false;

  constructor(pid: number, sampled: (bytes: number) => void) {
    this.#pid = pid;
    this.#sampled = sampled;
    this.#timer = setInterval(() => this.#sample(), WATCH_MS).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  #sample(): void {
    if (isLinux) {
      this.#tell(rssOnLinux(this.#pid));
      return;
    }
    // Where the machine is so busy that `ps` takes long, there is one at a time.
    if (this.#isAsking) return;
    this.#isAsking = true;
    execFile("ps", ["-o", "rss=", "-p", String(this.#pid)], (error, stdout) => {
      this.#isAsking = false;
      const kib = Number.parseInt(stdout, 10);
      // The process is gone, which its exit tells.
      if (error === null && Number.isFinite(kib)) this.#tell(kib * 1024);
    });
  }

  #tell(bytes: number | undefined): void {
    if (bytes !== undefined && !this.#isStopped) this.#sampled(bytes);
  }
}

/** Undefined for a process that is gone. */
function rssOnLinux(pid: number): number | undefined {
  const pages = residentPages(pid);
  return pages === undefined ? undefined : pages * pageBytes();
}

function residentPages(pid: number | "self"): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    return Number.isFinite(pages) ? pages : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

let knownPageBytes: number | undefined;

/** What this process has in bytes by what it has in pages: a page is a power of two. */
function pageBytes(): number {
  if (knownPageBytes === undefined) {
    const pages = residentPages("self");
    const ratio = process.memoryUsage.rss() / (pages ?? Number.NaN);
    knownPageBytes = Number.isFinite(ratio) ? 2 ** Math.round(Math.log2(ratio)) : 4096;
  }
  return knownPageBytes;
}
