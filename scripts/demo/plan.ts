// What a run of the demo consists of: what is applied, what is the load, and for how long. Pure, but for reading the files.
import { askedStages, type DemoOptions } from './arguments.ts';
import { isOfJob, stagesOfJob, withStages } from './job-stages.ts';
import { type Manifest, readManifests, readPath } from './manifests.ts';
import { DEFAULT_STAGES, lastAtLeast, type LoadStage } from './stages.ts';
import { downWindowSeconds, targetsOf } from './targets.ts';
import type { WatchedTarget } from './watcher.ts';

const DEMO = 'examples/demo';
/** Time for the last decision after the down window: a period, a sample, and slow machines. */
const AFTER_WINDOW_SECONDS = 45;
/** Kinds of the Prometheus operator, which is not here. */
const OPERATOR_GROUP = 'monitoring.coreos.com/';

export interface Plan {
  /** In the order in which they are applied; without the ScaledTargets and the Job. */
  readonly manifests: readonly Manifest[];
  readonly scaledTargets: readonly Manifest[];
  readonly targets: readonly WatchedTarget[];
  /** The load where a file brings one; otherwise the demo makes its own. */
  readonly job: Manifest | undefined;
  /** Undefined: only the Job itself knows. */
  readonly stages: readonly LoadStage[] | undefined;
  /** What is not done with the files, one line each. */
  readonly remarks: readonly string[];
}

/** `withPrometheus`: the demo's second service can be scaled, too. @throws Error with one line on what cannot be run. */
export async function planOf(options: DemoOptions, withPrometheus: boolean, namespace: string): Promise<Plan> {
  const { manifests: all, leftOut } = await plannedManifests(options, withPrometheus);
  const strangers = all.filter(({ apiVersion }) => apiVersion.startsWith(OPERATOR_GROUP));
  const manifests = all.filter((manifest) => !strangers.includes(manifest));
  const remarks = strangers.map(
    ({ kind, metadata }) => `Skipped: ${kind} ${metadata.name}, which is for the Prometheus operator; it is not here.`,
  );
  const [job, ...others] = manifests.filter(isOfJob);
  if (others.length > 0) {
    const names = [job, ...others].map((one) => one?.metadata.name).join(', ');
    throw new Error(`${options.file}: the demo follows one Job as its load, and there are several: ${names}`);
  }
  const stages = stagesFor(options, manifests, job);
  return {
    manifests: manifests.filter((manifest) => manifest !== job && manifest.kind !== 'ScaledTarget'),
    scaledTargets: manifests.filter(({ kind }) => kind === 'ScaledTarget'),
    targets: targetsOf(manifests, namespace),
    job: job && stages ? withStages(job, stages, manifests) : job,
    stages,
    remarks: [...leftOut, ...remarks],
  };
}

async function plannedManifests(
  options: DemoOptions,
  withPrometheus: boolean,
): Promise<{ manifests: Manifest[]; leftOut: string[] }> {
  const web = await readManifests(`${DEMO}/web.yaml`);
  if (options.file === undefined) {
    const api = withPrometheus ? await readManifests(`${DEMO}/api.yaml`) : [];
    return { manifests: [...web, ...api], leftOut: [] };
  }
  const { manifests, leftOut } = await readPath(options.file);
  const workloads = manifests.some(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const demo = workloads ? [] : web.filter(({ kind }) => kind !== 'ScaledTarget');
  return { manifests: [...demo, ...manifests], leftOut };
}

function stagesFor(
  options: DemoOptions,
  manifests: readonly Manifest[],
  job: Manifest | undefined,
): readonly LoadStage[] | undefined {
  if (options.file === undefined) return askedStages(options, DEFAULT_STAGES);
  const own = job ? stagesOfJob(job, manifests) : DEFAULT_STAGES;
  if (own === undefined && options.load === undefined && options.seconds === undefined) return undefined;
  if (own === undefined) {
    throw new Error(
      `--load, --duration: the Job ${job?.metadata.name} has no variable STAGES, so they cannot reach it; leave them out`,
    );
  }
  return lastAtLeast(askedStages(options, own), downWindowSeconds(manifests) + AFTER_WINDOW_SECONDS);
}
