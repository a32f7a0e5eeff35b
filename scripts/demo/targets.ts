// What the manifests of the demo say: which workloads are scaled, and how long a size is held. Pure.
import type { Manifest } from './manifests.ts';
import type { WatchedTarget } from './watcher.ts';

/** Where a workload is stored, by kind. */
const RESOURCES: Readonly<Record<string, string>> = {
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
  ReplicaSet: 'replicasets.apps',
};
/** The HPA's default, which is the controller's too. */
const DEFAULT_WINDOW_SECONDS = 300;

interface TargetSpecView {
  readonly metrics?: readonly unknown[];
  readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
  readonly behavior?: { readonly scaleDown?: { readonly stabilizationWindowSeconds?: number } };
}

const scaledTargets = (manifests: readonly Manifest[]): readonly Manifest[] =>
  manifests.filter(({ kind }) => kind === 'ScaledTarget');

/** The ScaledTargets to watch. @throws Error when there is none, or one names a kind the demo cannot run. */
export function targetsOf(manifests: readonly Manifest[], namespace: string): WatchedTarget[] {
  const targets = scaledTargets(manifests).map(({ metadata, spec }) => {
    const view = spec as TargetSpecView | undefined;
    const { kind = '', name = '' } = view?.scaleTargetRef ?? {};
    const resource = RESOURCES[kind];
    if (!resource) {
      throw new Error(
        `${metadata.name}: scaleTargetRef.kind is "${kind}"; the demo runs ${Object.keys(RESOURCES).join(', ')}`,
      );
    }
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? namespace,
      resource,
      workload: name,
      service: serviceOf(manifests, name),
      metrics: view?.metrics?.length ?? 1,
    };
  });
  if (targets.length === 0) throw new Error('no ScaledTarget in the file; add one, or leave out -f');
  return targets;
}

/** The Service that selects the workload's pods, else one of its name. */
function serviceOf(manifests: readonly Manifest[], workload: string): string {
  const labels = manifests.find(({ metadata, spec }) => metadata.name === workload && spec?.['template'])?.spec?.[
    'template'
  ];
  const podLabels = (labels as { metadata?: { labels?: Record<string, string> } } | undefined)?.metadata?.labels ?? {};
  const service = manifests.find(({ kind, spec }) => {
    const selector = Object.entries((spec?.['selector'] ?? {}) as Record<string, string>);
    return kind === 'Service' && selector.length > 0 && selector.every(([key, value]) => podLabels[key] === value);
  });
  return service?.metadata.name ?? workload;
}

/** The longest down window of the ScaledTargets, in seconds. */
export function downWindowSeconds(manifests: readonly Manifest[]): number {
  const windows = scaledTargets(manifests).map(
    ({ spec }) =>
      (spec as TargetSpecView | undefined)?.behavior?.scaleDown?.stabilizationWindowSeconds ?? DEFAULT_WINDOW_SECONDS,
  );
  return Math.max(0, ...windows);
}
