// Reads all metrics of a target at once, and waits no longer than the cycle may: a metric that has not answered by then, or
// whose source broke its promise and threw, is absent with a reason. Never rejects.
import type { Metric } from '../api/spec.ts';
import { startDeadline } from '../base/deadline.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Reading } from '../decide/types.ts';
import type { MetricReader, ReadContext } from '../sources/source.ts';

export interface GatherOptions {
  readonly reader: MetricReader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: number;
}

/** One reading per metric, in the order of the spec, within `timeoutMs` or as soon as the signal aborts. */
export function gather(
  metrics: readonly Metric[],
  context: ReadContext,
  signal: AbortSignal,
  options: GatherOptions,
): Promise<readonly Reading[]> {
  const { reader, clock, logger, timeoutMs } = options;
  const deadline = startDeadline(clock, timeoutMs, signal);
  const readings: (Reading | undefined)[] = Array.from({ length: metrics.length });
  return new Promise((resolve) => {
    let missing = metrics.length;
    const finish = () => {
      deadline.dispose();
      resolve(readings.map((reading) => reading ?? unanswered(timeoutMs)));
    };
    const readOne = async (metric: Metric, index: number) => {
      try {
        readings[index] = await reader.read(metric, context, deadline.signal);
      } catch (error) {
        logger.error('a metric source threw', { metric: metric.name, error: messageOf(error) });
        readings[index] = { kind: 'absent', reason: 'Unreachable', message: 'the source failed unexpectedly' };
      }
      missing -= 1;
      if (missing === 0) finish();
    };
    if (deadline.signal.aborted || missing === 0) {
      finish();
      return;
    }
    // A reader that honours the signal answers by itself; one that does not must not hold the cycle.
    deadline.signal.addEventListener('abort', finish, { once: true });
    metrics.forEach((metric, index) => void readOne(metric, index));
  });
}

function unanswered(timeoutMs: number): Reading {
  return { kind: 'absent', reason: 'Timeout', message: `no answer within ${timeoutMs / 1000} s` };
}
