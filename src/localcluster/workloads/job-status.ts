// What a Job's pods mean for it: whether it has done enough, whether it has failed, how many pods it should have. Pure.
import { hasEnded } from './pod-state.ts';
import type { Condition, Job, Pod } from './types.ts';

const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 600_000;

export interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

export interface JobCounts {
  /** Pods that have neither ended nor been deleted. */
  active: readonly Pod[];
  succeeded: number;
  failed: number;
}

export function hasCondition(job: Job, type: string): boolean {
  return conditionOf(job, type)?.status === 'True';
}

function conditionOf(job: Job, type: string): Condition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type);
}

export function isFinished(job: Job): boolean {
  return hasCondition(job, 'Complete') || hasCondition(job, 'Failed');
}

/** When it finished, in milliseconds. */
export function finishedAt(job: Job): number {
  const condition = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return Date.parse(condition?.lastTransitionTime ?? '');
}

/** When it has to be done, in milliseconds; undefined when it may take its time. */
export function deadlineOf({ spec, status }: Job): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
}

/** Why the Job is over, or undefined while it goes on. */
export function verdictOf(job: Job, { active, succeeded, failed }: JobCounts, now: number): Verdict | undefined {
  const { backoffLimit = 6, completions } = job.spec;
  if (failed > backoffLimit || pastRestarts(active, backoffLimit)) {
    return {
      type: 'FailureTarget',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  if ((deadlineOf(job) ?? Number.POSITIVE_INFINITY) <= now) {
    const message = 'Job was active longer than specified deadline';
    return { type: 'FailureTarget', reason: 'DeadlineExceeded', message };
  }
  // Without completions the pods share a queue: it is empty when one of them has succeeded and all have ended.
  const done = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  if (!done) return undefined;
  return {
    type: 'SuccessCriteriaMet',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  };
}

/** Pods that restart their containers themselves are one failure for each restart. */
function pastRestarts(active: readonly Pod[], backoffLimit: number): boolean {
  const restarts = active
    .filter(({ spec }) => spec.restartPolicy === 'OnFailure')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** How many pods it should have now. */
export function wantedPods({ spec }: Job, { active, succeeded }: JobCounts): number {
  const { parallelism = 1, completions } = spec;
  if (spec.suspend === true) return 0;
  if (completions !== undefined) return Math.min(parallelism, completions - succeeded);
  // Whoever of a shared queue has succeeded found it empty: nobody is added any more.
  return succeeded > 0 ? Math.min(active.length, parallelism) : parallelism;
}

/** How long to wait after the last of so many failures in a row: 10 s, doubling up to 10 min. */
export function retryDelayMs(failuresInRow: number): number {
  return failuresInRow === 0 ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failuresInRow - 1));
}

/** When the pod ended, in milliseconds; `now` where no container says. */
export function endOf(pod: Pod, now: number): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state.terminated?.finishedAt ?? ''));
  const known = ends.filter(Number.isFinite);
  return known.length > 0 ? Math.max(...known) : now;
}

export function hasSucceeded(pod: Pod): boolean {
  return hasEnded(pod) && pod.status?.phase === 'Succeeded';
}
