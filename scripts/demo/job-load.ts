// A Job of the user's files as the load: applied, followed to its end, and measured where its requests arrive, at the Services, since only
// the Job itself knows what it prints.
import { setTimeout as wait } from 'node:timers/promises';
import type { LocalCluster } from '../../src/localcluster/cluster.ts';
import { latencyQuantile, type ServiceFigures } from '../../src/localcluster/proxy/service-figures.ts';
import type { LoadLine } from './load.ts';
import { applyManifest, type Manifest } from './manifests.ts';
import { type RunningLoad, stagesText } from './own-load.ts';
import { type LoadStage, totalSeconds } from './stages.ts';
import type { WatchedTarget } from './watcher.ts';

const START_MS = 60_000;
/** For starting up and for its last answers. */
const LEEWAY_SECONDS = 60;
/** The client went away before it had its answer. */
const CLIENT_GONE = '499';
const LAST_LINES = 5;

interface JobStatusView {
  readonly ready?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

export function introduceJob({ metadata }: Manifest, stages: readonly LoadStage[] | undefined): string {
  if (!stages) return `The load is the Job ${metadata.name}, until it ends.`;
  return `Load for ${Math.round(totalSeconds(stages))} s, by the Job ${metadata.name}: ${stagesText(stages)}.`;
}

export class JobLoad implements RunningLoad {
  readonly stages: readonly LoadStage[];
  readonly goesOn = false;
  readonly #cluster: LocalCluster;
  readonly #namespace: string;
  readonly #name: string;
  readonly #targets: readonly WatchedTarget[];
  readonly #before = new Map<string, ServiceFigures>();
  #isLate = false;

  private constructor(
    cluster: LocalCluster,
    targets: readonly WatchedTarget[],
    { namespace, name, stages }: { namespace: string; name: string; stages: readonly LoadStage[] | undefined },
  ) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#name = name;
    this.#targets = targets;
    this.stages = stages ?? [{ name: 'load', seconds: Number.POSITIVE_INFINITY, rate: 0 }];
  }

  /** Applies the Job and waits until its pod runs. @throws Error when it does not, within a minute. */
  static async start(
    cluster: LocalCluster,
    targets: readonly WatchedTarget[],
    options: {
      readonly job: Manifest;
      readonly stages: readonly LoadStage[] | undefined;
      readonly namespace: string;
      readonly signal: AbortSignal;
    },
  ): Promise<JobLoad> {
    const { job, stages, signal } = options;
    const namespace = job.metadata.namespace ?? options.namespace;
    const load = new JobLoad(cluster, targets, { namespace, name: job.metadata.name, stages });
    await applyManifest(cluster.url, job, namespace);
    load.#measure(0);
    const deadline = performance.now() + START_MS;
    while ((load.#status().ready ?? 0) === 0 && !load.#hasFinished()) {
      if (performance.now() > deadline) throw new Error(`the Job ${job.metadata.name} did not start within 60 s`);
      await wait(50, undefined, { signal });
    }
    return load;
  }

  lines(second: number): readonly LoadLine[] {
    this.#isLate = second > totalSeconds(this.stages) + LEEWAY_SECONDS;
    return this.#measure(second);
  }

  isOver(): boolean {
    return this.#hasFinished() || this.#isLate;
  }

  /** The last lines of its log, after why it failed if it has. @throws Error when it did not end, or failed. */
  async lastWords(): Promise<readonly string[]> {
    const log = await this.#log();
    const failure = this.#condition('Failed');
    if (failure) throw new Error([`the Job ${this.#name} failed: ${failure.message}`, ...log].join('\n'));
    if (!this.#hasFinished()) throw new Error([`the Job ${this.#name} did not end in time`, ...log].join('\n'));
    return log.slice(-1).map((line) => `${this.#name}: ${line}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #status(): JobStatusView {
    return this.#cluster.store.get('jobs.batch', this.#namespace, this.#name)?.['status'] ?? {};
  }

  #condition(wanted: string) {
    return this.#status().conditions?.find(({ type, status }) => type === wanted && status === 'True');
  }

  #hasFinished(): boolean {
    return this.#condition('Complete') !== undefined || this.#condition('Failed') !== undefined;
  }

  #measure(second: number): LoadLine[] {
    return this.#targets.flatMap(({ namespace, service }) => {
      const now = this.#cluster.serviceFigures(namespace, service);
      if (!now) return [];
      const before = this.#before.get(service);
      this.#before.set(service, now);
      return [lineBetween(service, second, before, now)];
    });
  }

  async #log(): Promise<string[]> {
    const pods = this.#cluster.store
      .list('pods', this.#namespace)
      .filter(({ metadata }) => metadata.labels?.['job-name'] === this.#name);
    const name = pods.at(-1)?.metadata.name;
    if (name === undefined) return [];
    const path = `/api/v1/namespaces/${this.#namespace}/pods/${name}/log?tailLines=${LAST_LINES}`;
    const answer = await fetch(`${this.#cluster.url}${path}`);
    return (await answer.text()).trimEnd().split('\n');
  }
}

/** What a Service saw between two looks. */
export function lineBetween(
  service: string,
  second: number,
  before: ServiceFigures | undefined,
  now: ServiceFigures,
): LoadLine {
  const failures = ({ errors, byCode }: ServiceFigures) => errors + (byCode[CLIENT_GONE] ?? 0);
  const arrived = ({ requests, inFlight }: ServiceFigures) => requests + inFlight;
  const failed = failures(now) - (before ? failures(before) : 0);
  const milliseconds = (q: number): number | null => {
    const seconds = latencyQuantile(before, now, q);
    return seconds === undefined ? null : Math.round(seconds * 1000);
  };
  return {
    service,
    second,
    sent: arrived(now) - (before ? arrived(before) : 0),
    ok: now.requests - (before?.requests ?? 0) - failed,
    failed,
    p50: milliseconds(0.5),
    p99: milliseconds(0.99),
  };
}
