/**
 * Who of a world's fibers goes on next: in the order in which they could, when the world says so. Nothing of a run is left to
 * the platform's own queues, so nobody has to wait for them.
 */
import type { Scheduler } from "effect/Scheduler";

export class Turns implements Scheduler {
  private readonly waiting: Array<() => void> = [];

  /** A fiber that is on goes on until it waits for something. */
  shouldYield(): false {
    return false;
  }

  scheduleTask(task: () => void): void {
    this.waiting.push(task);
  }

  /** Until everyone waits for something else than a turn. */
  take(): void {
    for (const task of this.waiting) task();
    this.waiting.length = 0;
  }
}
