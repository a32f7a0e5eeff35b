// What the queue, the API client and the metric sources tell of themselves, as series of the catalogue.
// The shapes are those their owners ask for; this file knows the metrics, they do not.
import type { AbsenceReason } from '../api/reasons.ts';
import type { Metrics } from './metrics.ts';

/** Name of the queue in the workqueue_* series. */
const QUEUE = { name: 'scaledtarget' } as const;

export function observeQueue(metrics: Metrics) {
  return {
    depth: (keys: number) => metrics.set('queueDepth', QUEUE, keys),
    added: () => metrics.count('queueAdds', QUEUE),
    waited: (seconds: number) => metrics.observe('queueWait', QUEUE, seconds),
    worked: (seconds: number) => metrics.observe('queueWork', QUEUE, seconds),
    retried: () => metrics.count('queueRetries', QUEUE),
  };
}

/** Work under way, to be asked for when the series are read. */
export function showUnfinishedWork(
  metrics: Metrics,
  { totalSeconds, longestSeconds }: { readonly totalSeconds: number; readonly longestSeconds: number },
): void {
  metrics.set('queueUnfinished', QUEUE, totalSeconds);
  metrics.set('queueLongest', QUEUE, longestSeconds);
}

export function observeRequests(metrics: Metrics) {
  return {
    requestFinished(request: {
      readonly verb: string;
      readonly method: string;
      readonly code: string;
      readonly host: string;
      readonly durationMs: number;
    }): void {
      const { verb, method, code, host, durationMs } = request;
      metrics.count('restRequests', { code, method, host });
      // A watch is meant to last: its length says nothing about the server.
      if (verb !== 'watch') metrics.observe('restDuration', { verb, host }, durationMs / 1000);
    },
  };
}

export function observeSources(metrics: Metrics) {
  return {
    sourceRequest(
      source: string,
      durationMs: number,
      absence: AbsenceReason | undefined,
      health: 'good' | 'bad' | 'unknown',
    ): void {
      metrics.observe('sourceTime', { source }, durationMs / 1000);
      if (absence !== undefined) metrics.count('sourceErrors', { source, reason: absence });
      if (health !== 'unknown') metrics.set('sourceUp', { source }, health === 'good' ? 1 : 0);
    },
    sourceRemoved(source: string): void {
      metrics.unset('sourceUp', { source });
    },
  };
}
