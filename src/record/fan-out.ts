// Several observers of cycles as one, told in the order given. What they keep is theirs; one that throws is logged, and keeps neither
// the others from hearing nor the cycle from ending well: its size may be written already.
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CycleObserver } from './cycle-report.ts';

/** Tells each cycle to all of them. */
export function fanOut(observers: readonly CycleObserver[], logger: Logger): CycleObserver {
  const tell = (say: (observer: CycleObserver) => void, fields: Readonly<Record<string, string>>) => {
    for (const observer of observers) {
      try {
        say(observer);
      } catch (error) {
        logger.error('an observer of cycles threw', { ...fields, error: messageOf(error) });
      }
    }
  };
  return {
    concluded(report) {
      const { namespace, name } = report.target;
      tell((observer) => observer.concluded(report), { namespace, name, cycle: report.cycle });
    },
    ended(durationMs) {
      tell((observer) => observer.ended?.(durationMs), {});
    },
    forgotten(namespace, name) {
      tell((observer) => observer.forgotten(namespace, name), { namespace, name });
    },
  };
}
