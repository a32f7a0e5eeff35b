// The scaled kinds that are watched: their replicas and selectors as /scale would show them, at the version it would show.
import { selectorFromObject, stringifySelector, type LabelSelectorObject } from '../base/selector.ts';
import { countOf, identityOf, objectOf, type RawObject } from './raw-object.ts';
import type { Stored } from './store.ts';

export interface WatchedKind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
}

/** What a Deployment, StatefulSet or ReplicaSet is cut down to. */
export interface Workload extends Stored {
  readonly specReplicas: number;
  readonly statusReplicas: number;
  /** Undefined when the object carries none that can be read. */
  readonly selector: string | undefined;
}

const KINDS: readonly WatchedKind[] = [
  { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment' },
  { group: 'apps', version: 'v1', resource: 'statefulsets', kind: 'StatefulSet' },
  { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet' },
];

/** As the HPA, by group and kind: whatever version of `apps` is named, the workload is the same. */
export function watchedKindOf(group: string, kind: string): WatchedKind | undefined {
  return KINDS.find((one) => one.group === group && one.kind === kind);
}

export function trimWorkload(object: RawObject): Workload {
  const spec = objectOf(object['spec']);
  return {
    ...identityOf(object),
    // A workload without the field has the API's default, one.
    specReplicas: countOf(spec['replicas']) ?? 1,
    statusReplicas: countOf(objectOf(object['status'])['replicas']) ?? 0,
    selector: selectorTextOf(spec['selector']),
  };
}

function selectorTextOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { matchLabels, matchExpressions } = value as LabelSelectorObject;
  const { selector } = selectorFromObject({ matchLabels, matchExpressions });
  return selector === undefined ? undefined : stringifySelector(selector);
}
