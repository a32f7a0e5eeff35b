// The pod that a workload's template asks for.
import type { KubeObject, NewKubeObject, ObjectMeta } from '../objects.ts';
import type { PodTemplate } from './types.ts';
import { controllerReference } from './writes.ts';

/** `metadata` names the pod (name or generateName) and may add labels. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplate,
  metadata: Pick<Partial<ObjectMeta>, 'name' | 'generateName' | 'labels'>,
): NewKubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const namespace = owner.metadata.namespace;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, ...metadata.labels },
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: structuredClone(template.spec),
  };
}
