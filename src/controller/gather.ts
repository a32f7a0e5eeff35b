// Reads all metrics of a target at once, and waits no longer than the cycle may: a metric that has not answered by then, or
// whose source broke its promise and threw, is absent with a reason. Never rejects.
import type { Metric } from '../api/spec.ts';
import type { Deadline } from '../base/deadline.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Reading } from '../decide/types.ts';
import type { MetricReader, ReadContext } from '../sources/source.ts';

/** One reading per metric, in the order of the spec, at the latest when the deadline is over. */
export function gather(
  reader: MetricReader,
  metrics: readonly Metric[],
  context: ReadContext,
  { deadline, logger }: { readonly deadline: Deadline; readonly logger: Logger },
): Promise<readonly Reading[]> {
  const { signal } = deadline;
  const readings: (Reading | undefined)[] = Array.from({ length: metrics.length });
  return new Promise((resolve) => {
    let missing = metrics.length;
    const finish = () => {
      resolve(readings.map((reading) => reading ?? UNANSWERED));
    };
    const readOne = async (metric: Metric, index: number) => {
      try {
        readings[index] = await reader.read(metric, context, signal);
      } catch (error) {
        logger.error('a metric source threw', { metric: metric.name, error: messageOf(error) });
        readings[index] = { kind: 'absent', reason: 'Unreachable', message: 'the source failed unexpectedly' };
      }
      missing -= 1;
      if (missing === 0) finish();
    };
    if (signal.aborted || missing === 0) {
      finish();
      return;
    }
    // A reader that honours the signal answers by itself; one that does not must not hold the cycle.
    signal.addEventListener('abort', finish, { once: true });
    metrics.forEach((metric, index) => void readOne(metric, index));
  });
}

const UNANSWERED: Reading = { kind: 'absent', reason: 'Timeout', message: 'no answer within the time of a cycle' };
