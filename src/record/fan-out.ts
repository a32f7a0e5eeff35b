// Several observers of cycles as one, told in the order given. What they keep is theirs.
import type { CycleObserver } from './cycle-report.ts';

/** Tells each cycle to all of them. */
export function fanOut(observers: readonly CycleObserver[]): CycleObserver {
  return {
    finished(report) {
      for (const observer of observers) observer.finished(report);
    },
    forgotten(namespace, name) {
      for (const observer of observers) observer.forgotten(namespace, name);
    },
  };
}
