import type { RunnableTask } from "../worker-events.ts";

/** Places of tasks that were taken out, which are given back together. */
const takenMax = 64;

/** Tasks that wait for a thread: of higher priority first, then in the order in which they came. */
export class TaskQueue {
  /** A queue for each priority, the highest first. */
  readonly #levels: { readonly priority: number; tasks: RunnableTask[]; at: number }[] = [];

  push(task: RunnableTask): void {
    this.#level(task.priority).tasks.push(task);
  }

  /** Puts a task back that was taken out before all that wait. */
  unshift(task: RunnableTask): void {
    const level = this.#level(task.priority);
    level.tasks = [task, ...level.tasks.slice(level.at)];
    level.at = 0;
  }

  #level(priority: number): { tasks: RunnableTask[]; at: number } {
    let at = this.#levels.findIndex((level) => level.priority <= priority);
    if (at < 0) at = this.#levels.length;
    const found = this.#levels[at];
    if (found?.priority === priority) return found;
    const level = { priority, tasks: [], at: 0 };
    this.#levels.splice(at, 0, level);
    return level;
  }

  /** The next task, which stays. */
  peek(): RunnableTask | undefined {
    const level = this.#levels[0];
    return level?.tasks[level.at];
  }

  /** Takes the next task out. */
  take(): RunnableTask | undefined {
    const level = this.#levels[0];
    const task = level?.tasks[level.at++];
    if (level === undefined) return undefined;
    if (level.at >= level.tasks.length) this.#levels.shift();
    else if (level.at >= takenMax && 2 * level.at >= level.tasks.length) {
      // A level that is never empty would keep all tasks that it ever had.
      level.tasks.splice(0, level.at);
      level.at = 0;
    }
    return task;
  }

  /** Takes one task out, wherever it stands; false where it is not here. */
  remove(task: number, attempt: number): boolean {
    for (const level of this.#levels) {
      const found = level.tasks.findIndex(
        (each, n) => n >= level.at && each.task === task && each.attempt === attempt,
      );
      if (found < 0) continue;
      level.tasks.splice(found, 1);
      if (level.at >= level.tasks.length) this.#levels.splice(this.#levels.indexOf(level), 1);
      return true;
    }
    return false;
  }
}
