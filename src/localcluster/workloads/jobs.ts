// Jobs: pods that run to their end, as many as asked for at a time, made anew when they fail until the limit is reached.
// Each pod carries a finalizer until it has been counted, so that none is counted twice or missed. Indexed Jobs are not run.
import { type ControllerDeps, runController } from './controller.ts';
import {
  deadlineOf,
  endOf,
  finishedAt,
  hasCondition,
  hasSucceeded,
  isFinished,
  type JobCounts,
  retryDelayMs,
  type Verdict,
  verdictOf,
  wantedPods,
} from './job-status.ts';
import type { KeyQueue } from './key-queue.ts';
import { podFromTemplate } from './pod-from-template.ts';
import { hasEnded, isActive, isReady, victimsFirst } from './pod-state.ts';
import type { Condition, Job, JobStatus, Pod } from './types.ts';
import { changeObject, changeStatus, controllerOf, keyOf, splitKey, timestamp, withCondition } from './writes.ts';

const COMPONENT = 'job-controller';
const PODS = 'pods';
const JOBS = 'jobs.batch';
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

/** Failures since the last success, and when the last one was. */
interface Failures {
  inRow: number;
  lastAt: number;
}

/** Starts the controller; returns its stop function. */
export function startJobController(deps: ControllerDeps): () => void {
  /** By the Job's uid. */
  const failures = new Map<string, Failures>();
  return runController(
    deps,
    [
      { resource: JOBS, key: keyOf },
      {
        resource: PODS,
        key: ({ metadata }) => {
          const name = metadata.labels?.[JOB_NAME_LABEL];
          return name === undefined ? undefined : `${metadata.namespace ?? ''}/${name}`;
        },
      },
    ],
    (key, queue) => {
      const { namespace, name } = splitKey(key);
      const job = deps.store.get(JOBS, namespace, name) as Job | undefined;
      letGoOfOthers(deps, namespace, name, job?.metadata.uid);
      if (!job || job.metadata.deletionTimestamp !== undefined) return;
      new JobPass(deps, job, { queue, failures }).run();
    },
  );
}

/** Pods whose Job is gone need not be counted any more. */
function letGoOfOthers(deps: ControllerDeps, namespace: string, name: string, uid: string | undefined): void {
  for (const pod of deps.store.list(PODS, namespace) as readonly Pod[]) {
    const isOther = pod.metadata.labels?.[JOB_NAME_LABEL] === name && controllerOf(pod)?.uid !== uid;
    if (isOther && isTracked(pod)) letGo(deps, pod);
  }
}

function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) === true;
}

function letGo({ store }: ControllerDeps, { metadata }: Pod): void {
  const key = { resource: PODS, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
  changeObject(store, key, (copy) => {
    copy.metadata.finalizers = (copy.metadata.finalizers ?? []).filter((name) => name !== TRACKING_FINALIZER);
  });
}

class JobPass {
  readonly #deps: ControllerDeps;
  readonly #job: Job;
  readonly #queue: KeyQueue;
  readonly #failures: Map<string, Failures>;
  readonly #now: number;
  readonly #time: string;

  constructor(
    deps: ControllerDeps,
    job: Job,
    { queue, failures }: { queue: KeyQueue; failures: Map<string, Failures> },
  ) {
    this.#deps = deps;
    this.#job = job;
    this.#queue = queue;
    this.#failures = failures;
    this.#now = deps.clock.now();
    this.#time = timestamp(this.#now);
  }

  run(): void {
    if (isFinished(this.#job)) {
      this.#removeWhenDue();
      return;
    }
    const counted = this.#count();
    const counts = { ...counted, active: this.#pods().filter(isActive) };
    const job = this.#begun();
    const verdict = this.#earlierVerdict(job) ?? verdictOf(job, counts, this.#now);
    // The counts are stored before the pods are let go, or a pod would be lost between the two.
    this.#write(this.#status(job, counts, verdict));
    for (const pod of counted.ended) letGo(this.#deps, pod);
    if (verdict) this.#finish(counts, verdict);
    else this.#fit(job, counts);
    const deadline = deadlineOf(job);
    if (deadline !== undefined && !verdict) this.#queue.addAfter(keyOf(job), Math.max(0, deadline - this.#now));
  }

  #pods(): Pod[] {
    return this.#deps.pods.ownedBy(this.#job.metadata.uid);
  }

  /** What has ended since the last pass, added to what the status says. A pod that was deleted has failed. */
  #count(): { ended: Pod[]; succeeded: number; failed: number } {
    const ended = this.#pods().filter((pod) => isTracked(pod) && !isActive(pod));
    const { succeeded = 0, failed = 0 } = this.#job.status ?? {};
    const good = ended.filter(hasSucceeded);
    this.#noteFailures(ended, good.length > 0);
    return { ended, succeeded: succeeded + good.length, failed: failed + ended.length - good.length };
  }

  #noteFailures(ended: readonly Pod[], anySucceeded: boolean): void {
    const { uid } = this.#job.metadata;
    const bad = ended.filter((pod) => hasEnded(pod) && !hasSucceeded(pod));
    const { inRow, lastAt } = this.#failures.get(uid) ?? { inRow: 0, lastAt: 0 };
    if (anySucceeded) this.#failures.delete(uid);
    else if (bad.length > 0) {
      const last = Math.max(lastAt, ...bad.map((pod) => endOf(pod, this.#now)));
      this.#failures.set(uid, { inRow: inRow + bad.length, lastAt: last });
    }
  }

  /** The Job with its start time, which a suspended one does not have. */
  #begun(): Job {
    const { startTime: _, ...status } = this.#job.status ?? {};
    if (this.#job.spec.suspend === true) return { ...this.#job, status };
    return { ...this.#job, status: { ...status, startTime: this.#job.status?.startTime ?? this.#time } };
  }

  /** What was decided stays decided, whatever the last pods do. */
  #earlierVerdict(job: Job): Verdict | undefined {
    const condition = job.status?.conditions?.find(
      ({ type, status }) => (type === 'SuccessCriteriaMet' || type === 'FailureTarget') && status === 'True',
    );
    if (!condition) return undefined;
    const { type, reason = '', message = '' } = condition;
    return { type: type as Verdict['type'], reason, message };
  }

  #status(job: Job, { active, succeeded, failed }: JobCounts, verdict: Verdict | undefined): JobStatus {
    const { startTime } = job.status ?? {};
    const conditions = this.#conditions(job, verdict);
    return {
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(startTime === undefined ? {} : { startTime }),
      ...(active.length > 0 ? { active: active.length } : {}),
      ready: active.filter(isReady).length,
      terminating: this.#pods().filter((pod) => pod.metadata.deletionTimestamp !== undefined && !hasEnded(pod)).length,
      ...(succeeded > 0 ? { succeeded } : {}),
      ...(failed > 0 ? { failed } : {}),
      uncountedTerminatedPods: {},
    };
  }

  #conditions(job: Job, verdict: Verdict | undefined): Condition[] {
    const before = job.status?.conditions ?? [];
    if (verdict) return withCondition(before, { ...verdict, status: 'True' }, this.#time);
    const suspended = job.spec.suspend === true;
    if (suspended === hasCondition(job, 'Suspended')) return before;
    const condition = suspended
      ? { type: 'Suspended', status: 'True' as const, reason: 'JobSuspended', message: 'Job suspended' }
      : { type: 'Suspended', status: 'False' as const, reason: 'JobResumed', message: 'Job resumed' };
    return withCondition(before, condition, this.#time);
  }

  #write(status: JobStatus): void {
    const { namespace = '', name, uid } = this.#job.metadata;
    changeStatus(this.#deps.store, { resource: JOBS, namespace, name, uid }, status);
  }

  /** Ends what still runs; when nothing does, the Job is over. */
  #finish({ active }: JobCounts, verdict: Verdict): void {
    const { store, events } = this.#deps;
    for (const pod of active) this.#delete(pod);
    const left = this.#pods().some((pod) => !hasEnded(pod));
    if (left) return;
    const { namespace = '', name, uid } = this.#job.metadata;
    const { status = {} } = store.get(JOBS, namespace, name) as Job;
    const isGood = verdict.type === 'SuccessCriteriaMet';
    const { reason, message } = verdict;
    const end = { type: isGood ? 'Complete' : 'Failed', status: 'True' as const, reason, message };
    const conditions = withCondition(status.conditions ?? [], end, this.#time);
    this.#write({ ...status, conditions, ...(isGood ? { completionTime: this.#time } : {}) });
    if (isGood) events.record(this.#job, { component: COMPONENT, reason: 'Completed', message: 'Job completed' });
    else events.record(this.#job, { component: COMPONENT, type: 'Warning', reason, message });
    this.#failures.delete(uid);
  }

  /** Makes missing pods, or takes those away that are too many. */
  #fit(job: Job, counts: JobCounts): void {
    const { active } = counts;
    const difference = wantedPods(job, counts) - active.length;
    for (const pod of victimsFirst(active).slice(0, Math.max(0, -difference))) this.#delete(pod);
    if (difference <= 0) return;
    const { inRow, lastAt } = this.#failures.get(job.metadata.uid) ?? { inRow: 0, lastAt: 0 };
    const waitMs = lastAt + retryDelayMs(inRow) - this.#now;
    if (inRow > 0 && waitMs > 0) {
      this.#queue.addAfter(keyOf(job), waitMs);
      return;
    }
    if (job.spec.completionMode === 'Indexed') {
      const message = 'Error creating: the local cluster does not run Indexed Jobs; leave out completionMode';
      this.#deps.events.record(job, { component: COMPONENT, type: 'Warning', reason: 'FailedCreate', message });
      return;
    }
    for (let created = 0; created < difference; created++) this.#create();
  }

  #create(): void {
    const { store, events } = this.#deps;
    const job = this.#job;
    const pod = podFromTemplate(job, job.spec.template, { generateName: `${job.metadata.name}-` });
    pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER];
    try {
      const { metadata } = store.create(PODS, pod);
      const message = `Created pod: ${metadata.name}`;
      events.record(job, { component: COMPONENT, reason: 'SuccessfulCreate', message });
    } catch (error) {
      const message = `Error creating: ${(error as Error).message}`;
      events.record(job, { component: COMPONENT, type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  #delete({ metadata }: Pod): void {
    this.#deps.store.delete(PODS, metadata.namespace ?? '', metadata.name);
    const message = `Deleted pod: ${metadata.name}`;
    this.#deps.events.record(this.#job, { component: COMPONENT, reason: 'SuccessfulDelete', message });
  }

  #removeWhenDue(): void {
    const { namespace = '', name } = this.#job.metadata;
    for (const pod of this.#pods()) if (isTracked(pod)) letGo(this.#deps, pod);
    const seconds = this.#job.spec.ttlSecondsAfterFinished;
    if (seconds === undefined) return;
    const leftMs = finishedAt(this.#job) + seconds * 1000 - this.#now;
    if (leftMs > 0) this.#queue.addAfter(keyOf(this.#job), leftMs);
    else this.#deps.store.delete(JOBS, namespace, name);
  }
}
