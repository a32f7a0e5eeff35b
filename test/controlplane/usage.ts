// What pods use, as kwok reports it in the place of kubelets: one ClusterResourceUsage with an expression over the pod for each resource.
// An annotation on a pod (`kwok.x-k8s.io/usage-cpu`, `-memory`) goes before.
import type { ApiClient } from './api-client.ts';

export interface PodUsage {
  readonly namespace: string;
  /** Labels that a pod must have. */
  readonly labels: Readonly<Record<string, string>>;
  /** Quantity for each container, such as `250m`. Unset: as before. */
  readonly cpu?: string;
  /** Such as `64Mi`. */
  readonly memory?: string;
}

const NAME = 'setpoint';
const PATH = `/apis/kwok.x-k8s.io/v1alpha1/clusterresourceusages/${NAME}`;
/** Of who was never told otherwise. */
const IDLE = { cpu: '1m', memory: '1Mi' };

type Resource = keyof typeof IDLE;

export class Usages {
  readonly #api: ApiClient;
  readonly #usages = new Map<string, PodUsage>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async set(usage: PodUsage): Promise<void> {
    const key = JSON.stringify([usage.namespace, selectorOf(usage.labels)]);
    const before = this.#usages.get(key);
    this.#usages.delete(key);
    this.#usages.set(key, { ...before, ...usage });
    await this.write();
  }

  async write(): Promise<void> {
    const newestFirst = [...this.#usages.values()].reverse();
    await this.#api.apply(PATH, {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterResourceUsage',
      metadata: { name: NAME },
      spec: {
        usages: [
          {
            usage: {
              cpu: { expression: usageExpression('cpu', newestFirst) },
              memory: { expression: usageExpression('memory', newestFirst) },
            },
          },
        ],
      },
    });
  }
}

/** CEL over `pod`: the annotation, else the first that fits. */
export function usageExpression(resource: Resource, usages: readonly PodUsage[]): string {
  const annotation = JSON.stringify(`kwok.x-k8s.io/usage-${resource}`);
  const choices = usages.flatMap((usage) => {
    const amount = usage[resource];
    return amount === undefined ? [] : [`${conditionOf(usage)} ? Quantity(${JSON.stringify(amount)})`];
  });
  return [
    `${annotation} in pod.metadata.annotations ? Quantity(pod.metadata.annotations[${annotation}])`,
    ...choices,
    `Quantity(${JSON.stringify(IDLE[resource])})`,
  ].join(' : ');
}

function conditionOf({ namespace, labels }: PodUsage): string {
  const ofLabels = Object.entries(labels).map(([name, value]) => {
    const label = JSON.stringify(name);
    return `${label} in pod.metadata.labels && pod.metadata.labels[${label}] == ${JSON.stringify(value)}`;
  });
  return [`pod.metadata.namespace == ${JSON.stringify(namespace)}`, ...ofLabels].join(' && ');
}

/** The same for the same labels in any order. */
function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`)
    .join(',');
}
