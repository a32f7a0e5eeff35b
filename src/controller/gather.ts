// Reads all metrics of a target at once, and waits no longer than the cycle may: a metric that has not answered by then, or
// whose source broke its promise and threw, is absent with a reason. Never rejects.
import type { Metric } from '../api/spec.ts';
import type { Deadline } from '../base/deadline.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type Span, traceFields } from '../base/tracing.ts';
import type { Reading } from '../decide/types.ts';
import type { MetricReader, ReadContext } from '../sources/source.ts';
import { endRead, startRead } from './spans.ts';

/** One reading per metric, in the order of the spec, at the latest when the deadline is over. */
export function gather(
  reader: MetricReader,
  metrics: readonly Metric[],
  context: ReadContext,
  { deadline, logger }: { readonly deadline: Deadline; readonly logger: Logger },
): Promise<readonly Reading[]> {
  const { signal } = deadline;
  const readings: (Reading | undefined)[] = metrics.map(() => undefined);
  return new Promise((resolve) => {
    let missing = metrics.length;
    let isFinished = false;
    let spans: readonly (Span | undefined)[] | undefined;
    const finish = () => {
      if (isFinished) return;
      isFinished = true;
      spans?.forEach((span, index) => readings[index] ?? endRead(span, UNANSWERED));
      resolve(readings.map((reading) => reading ?? UNANSWERED));
    };
    const readOne = async (metric: Metric, index: number) => {
      const span = spans?.[index];
      const asker = span ? { ...context, span } : context;
      try {
        readings[index] = await reader.read(metric, asker, signal);
      } catch (error) {
        const { namespace, name, cycle } = asker;
        const fields = { namespace, name, cycle, ...traceFields(span), metric: metric.name };
        logger.error('a metric source threw', { ...fields, error: messageOf(error) });
        readings[index] = { kind: 'absent', reason: 'Unreachable', message: 'the source failed unexpectedly' };
      }
      endRead(span, readings[index]);
      missing -= 1;
      if (missing === 0) finish();
    };
    if (signal.aborted || missing === 0) {
      finish();
      return;
    }
    // A reader that honours the signal answers by itself; one that does not must not hold the cycle.
    void deadline.aborted.then(finish);
    if (context.span) spans = metrics.map((metric) => startRead(context.span, metric));
    metrics.forEach((metric, index) => void readOne(metric, index));
  });
}

const UNANSWERED: Reading = { kind: 'absent', reason: 'Timeout', message: 'no answer within the time of a cycle' };
