// The stages of a Job that is a load: what its container's variable STAGES says, and how another load is written into it. Pure.
import type { Manifest } from './manifests.ts';
import { type LoadStage, parseStages } from './stages.ts';

const STAGES = 'STAGES';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly configMapKeyRef?: { readonly name?: string; readonly key: string } };
}

interface JobSpecView {
  readonly template?: { readonly spec?: { readonly containers?: readonly { readonly env?: readonly Variable[] }[] } };
}

export function isOfJob({ apiVersion, kind }: Manifest): boolean {
  return kind === 'Job' && apiVersion.startsWith('batch/');
}

function containersOf(job: Manifest) {
  return (job.spec as JobSpecView | undefined)?.template?.spec?.containers ?? [];
}

/** Undefined when no container has the variable. @throws Error that names the Job and what is wrong with its STAGES. */
export function stagesOfJob(job: Manifest, manifests: readonly Manifest[]): LoadStage[] | undefined {
  const variable = containersOf(job)
    .flatMap(({ env }) => env ?? [])
    .find(({ name }) => name === STAGES);
  const text = variable && textOf(variable, manifests);
  return text === undefined ? undefined : parseStages(text, `${STAGES} of the Job ${job.metadata.name}`);
}

function textOf({ value, valueFrom }: Variable, manifests: readonly Manifest[]): string | undefined {
  const reference = valueFrom?.configMapKeyRef;
  if (!reference) return value;
  const map = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === reference.name);
  return map?.data?.[reference.key];
}

/** The Job with these stages; the very same when it has them already. */
export function withStages(job: Manifest, stages: readonly LoadStage[], manifests: readonly Manifest[]): Manifest {
  const own = stagesOfJob(job, manifests);
  const textFor = (list: readonly LoadStage[]) => list.map(({ seconds, rate }) => `${seconds}:${rate}`).join(',');
  if (own && textFor(own) === textFor(stages)) return job;
  const copy = structuredClone(job);
  for (const container of containersOf(copy) as { env?: readonly Variable[] }[]) {
    if (!container.env) continue;
    container.env = container.env.map((variable) =>
      variable.name === STAGES ? { name: STAGES, value: textFor(stages) } : variable,
    );
  }
  return copy;
}
