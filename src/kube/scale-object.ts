// The Scale of autoscaling/v1 as it goes over the wire.
import type { Scale } from '../controller/ports.ts';
import { SetpointError } from '../base/errors.ts';
import { countOf, identityOf, objectOf, textOf } from './raw-object.ts';

/** Which workload a Scale is of: all that the Scale itself does not say. */
export type ScaleOf = Pick<Scale, 'group' | 'version' | 'resource' | 'kind' | 'namespace' | 'name'>;

/** Throws `BadAnswer` when it is no Scale. */
export function parseScale(body: unknown, of: ScaleOf): Scale {
  const object = objectOf(body);
  const { uid, resourceVersion } = identityOf(object);
  const status = objectOf(object['status']);
  // Go leaves out zeroes: a Scale without spec.replicas is one of zero.
  const specReplicas = countOf(objectOf(object['spec'])['replicas'] ?? 0);
  if (object['kind'] !== 'Scale' || uid === '' || specReplicas === undefined) {
    throw new SetpointError(
      'BadAnswer',
      `the API server answered for the scale of ${of.kind} ${of.name} with something else`,
    );
  }
  const selector = textOf(status['selector']);
  return {
    group: of.group,
    version: of.version,
    resource: of.resource,
    kind: of.kind,
    namespace: of.namespace,
    name: of.name,
    uid,
    resourceVersion,
    specReplicas,
    statusReplicas: countOf(status['replicas']) ?? 0,
    selector: selector === '' ? undefined : selector,
  };
}

/** The body of the PUT: refused with a conflict unless the workload is the same object at the same version. */
export function scaleBody(scale: Scale, replicas: number): Readonly<Record<string, unknown>> {
  const { name, namespace, uid, resourceVersion } = scale;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion },
    spec: { replicas },
  };
}
