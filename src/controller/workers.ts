// Who works: at most `size` keys of the queue at once. A cycle that waits for what it reads, or for the write of a size, gives its
// worker back for that time, so that what hangs holds no worker: cycles in waiting are bounded by the number of keys, not by the workers.
// Starts are also bounded per turn of the event loop, so that a thousand targets due at once do not block it.
import type { Clock } from '../base/clock.ts';
import type { WorkQueue } from './queue.ts';

/** Waits for something without holding a worker. */
export type Away = <T>(wait: Promise<T>) => Promise<T>;

/** In a step of all targets a cycle takes up to a millisecond, in code that has not run for a while: so many block the loop for less than 20. */
const STARTS_PER_TURN = 16;

export class Workers {
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #run: (key: string, away: Away) => Promise<void>;
  #free: number;
  #startsLeft = STARTS_PER_TURN;
  #turnPending = false;
  /** Cycles that want a worker back: before new keys, since they are further. */
  readonly #returning: (() => void)[] = [];

  /** `run` must not reject. */
  constructor(clock: Clock, queue: WorkQueue, size: number, run: (key: string, away: Away) => Promise<void>) {
    this.#clock = clock;
    this.#queue = queue;
    this.#free = size;
    this.#run = run;
  }

  /** Starts what can be started; to be called after each add to the queue. */
  pump(): void {
    while (this.#free > 0) {
      if (this.#startsLeft <= 0) {
        this.#nextTurn();
        return;
      }
      const back = this.#returning.shift();
      if (back) {
        this.#take();
        back();
        continue;
      }
      const key = this.#queue.take();
      if (key === undefined) return;
      this.#take();
      void this.#work(key);
    }
  }

  readonly #away: Away = async (wait) => {
    this.#free += 1;
    this.pump();
    try {
      return await wait;
    } finally {
      await new Promise<void>((resolve) => {
        this.#returning.push(resolve);
        this.pump();
      });
    }
  };

  async #work(key: string): Promise<void> {
    try {
      await this.#run(key, this.#away);
    } finally {
      this.#free += 1;
      this.#queue.done(key);
      this.pump();
    }
  }

  #take(): void {
    this.#free -= 1;
    this.#startsLeft -= 1;
    // The budget is renewed by the turn that comes after this one, used up or not.
    this.#nextTurn();
  }

  #nextTurn(): void {
    if (this.#turnPending) return;
    this.#turnPending = true;
    this.#clock.setTimer(0, () => {
      this.#turnPending = false;
      this.#startsLeft = STARTS_PER_TURN;
      this.pump();
    });
  }
}
