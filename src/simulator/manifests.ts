// The Deployment and the ScaledTarget of a scenario, from the manifest that a user would apply. Promises what the simulator needs of
// both, or one clear line; that the API server takes them is for the tests of the examples.
import { parseAllDocuments } from 'yaml';
import { asRecord, type JsonRecord, own, ownList, ownText, ownWhole } from '../api/json-input.ts';
import { parseScaledTarget } from '../api/scaled-target.ts';
import type { Metric, TargetSpec } from '../api/spec.ts';
import { parseQuantityMilliClamped } from '../base/quantity.ts';
import type { PodState, Requests } from '../decide/types.ts';
import { STEP_SECONDS } from './play.ts';

export interface Manifests {
  readonly namespace: string;
  readonly name: string;
  readonly spec: TargetSpec;
  /** As it was written. */
  readonly rawSpec: JsonRecord;
  readonly containers: PodState['containers'];
  /** Pods that a rollout may have beyond the size; unset: it may go below the size, which the simulator does not play. */
  readonly surge: ((size: number) => number) | undefined;
  /** What the first metric wants of one pod, in the unit of the load. */
  readonly perPod: number;
  /** Whether it measures what one pod gets, and not all that comes: a `Value`. */
  readonly isShare: boolean;
}

/**
 * Reads the manifest. `file` is how faults call it.
 * @throws Error with one line that names field, value and remedy.
 */
export function readManifests(file: string, text: string): Manifests {
  const objects = parseAllDocuments(text, { version: '1.1' }).map((document) => {
    const [error] = document.errors;
    if (error) throw new Error(`${file}: is no YAML: ${error.message.split('\n', 1)[0] ?? ''}`);
    return asRecord(document.toJS());
  });
  const fail = (field: string, remedy: string): never => {
    throw new Error(`${file}: ${field}: ${remedy}`);
  };
  const one = (kind: string): JsonRecord => {
    const found = objects.filter((object) => ownText(object, 'kind') === kind);
    return (found.length === 1 ? found[0] : undefined) ?? fail('kind', `${found.length} ${kind}s: give one`);
  };
  const deployment = one('Deployment');
  const rawTarget = one('ScaledTarget');
  const target = parseScaledTarget(rawTarget);
  const { spec, faults, name } = target;
  if (spec === undefined) return fail('ScaledTarget', faults[0]?.message ?? 'is not valid');
  if (spec.scaleTargetRef.name !== ownText(recordAt(deployment, 'metadata'), 'name')) {
    fail('spec.scaleTargetRef.name', `"${spec.scaleTargetRef.name}" is not the Deployment: give its name`);
  }
  if ((spec.syncPeriodSeconds ?? STEP_SECONDS) % STEP_SECONDS !== 0) {
    fail(
      'spec.syncPeriodSeconds',
      `${spec.syncPeriodSeconds} is no multiple of ${STEP_SECONDS}: play it with one that is`,
    );
  }
  const containers = containersOf(deployment);
  const perPod = spec.metrics.map((metric) => wantedOf(metric, containers));
  const odd = perPod.findIndex((wanted) => wanted === undefined);
  if (odd >= 0) {
    fail(`spec.metrics[${odd}]`, 'has no target for one pod: give an AverageValue, or a Utilization and a request');
  }
  return {
    namespace: target.namespace || 'default',
    name,
    spec,
    rawSpec: recordAt(rawTarget, 'spec') ?? {},
    containers,
    surge: surgeOf(deployment),
    perPod: perPod[0] ?? 0,
    isShare: spec.metrics.some(({ target: { type } }) => type === 'Value'),
  };
}

function recordAt(object: JsonRecord | undefined, ...path: readonly string[]): JsonRecord | undefined {
  return path.reduce<JsonRecord | undefined>((record, key) => asRecord(own(record, key)), object);
}

function containersOf(deployment: JsonRecord): PodState['containers'] {
  return ownList(recordAt(deployment, 'spec', 'template', 'spec'), 'containers').map((container) => ({
    name: ownText(asRecord(container), 'name') ?? '',
    requests: requestsOf(recordAt(asRecord(container), 'resources', 'requests')),
  }));
}

function requestsOf(record: JsonRecord | undefined): Requests {
  const requests: Record<string, bigint> = {};
  for (const [name, value] of Object.entries(record ?? {})) {
    const milli = parseQuantityMilliClamped(String(value));
    if (milli !== undefined) requests[name] = milli;
  }
  return requests;
}

/** What a metric wants of one pod; undefined when it says nothing of one pod. */
function wantedOf(metric: Metric, containers: PodState['containers']): number | undefined {
  const { averageValueMilli, valueMilli, averageUtilization } = metric.target;
  if (valueMilli !== undefined) return Number(valueMilli) / 1000;
  if (averageValueMilli !== undefined) return Number(averageValueMilli) / 1000;
  if (averageUtilization === undefined || (metric.type !== 'Resource' && metric.type !== 'ContainerResource'))
    return undefined;
  const counted = containers.filter(({ name }) => metric.type === 'Resource' || name === metric.container);
  const requested = counted.reduce((sum, { requests }) => sum + Number(requests[metric.resource] ?? 0n), 0);
  return requested > 0 ? (requested / 1000) * (averageUtilization / 100) : undefined;
}

/** As the Deployment controller rounds: a share of the size, up. */
function surgeOf(deployment: JsonRecord): ((size: number) => number) | undefined {
  const rolling = recordAt(deployment, 'spec', 'strategy', 'rollingUpdate');
  if (ownWhole(rolling, 'maxUnavailable', 0, 0) === undefined) return undefined;
  const percent = /^(\d{1,3})%$/.exec(ownText(rolling, 'maxSurge') ?? '')?.[1];
  if (percent !== undefined) return (size) => Math.ceil((size * Number(percent)) / 100);
  const pods = ownWhole(rolling, 'maxSurge', 1, 1000);
  return pods === undefined ? undefined : () => pods;
}
