// The plant that both twins of a pair drive: their pods share the load, so that what each uses falls as pods become ready.
// Looks at the cluster once a second, says what each pod uses from then on, and hands on the sizes it saw.
import type { ControlPlane } from '../../test/controlplane/control-plane.ts';
import type { CustomValue, MetricsAdapter } from '../../test/support/metrics-adapter.ts';
import { METRICS, nameOf, type Pair, PAIRS, REQUESTS_METRIC, type Twin, TWINS } from './pairs.ts';
import { FIRST_LOAD } from './stairs.ts';

export const NAMESPACE = 'twins';

/** spec.replicas of each Deployment by its name. */
export type Sizes = ReadonlyMap<string, number>;

export class Plant {
  /** Of each twin, in pods: see stairs.ts. */
  load = FIRST_LOAD;
  readonly #plane: ControlPlane;
  readonly #adapter: MetricsAdapter;
  /** As last set, so that nothing is written twice. */
  readonly #usages = new Map<string, string>();

  constructor(plane: ControlPlane, adapter: MetricsAdapter) {
    this.#plane = plane;
    this.#adapter = adapter;
  }

  /** For pods that are yet to come: as if there were so many of each twin. */
  async expect(pods: number): Promise<void> {
    for (const { pair, twin } of EVERY_TWIN) await this.#share(pair, nameOf(pair, twin), pods);
  }

  /** Spreads the load over the pods that are ready. The cpu of a twin without any stays as it was. */
  async look(): Promise<Sizes> {
    const [deployments, ready] = await Promise.all([
      this.#plane.api.get(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`),
      this.#readyPods(),
    ]);
    const requests: CustomValue[] = [];
    for (const { pair, twin } of EVERY_TWIN) {
      const app = nameOf(pair, twin);
      const pods = ready.get(app) ?? [];
      const each = await this.#share(pair, app, pods.length);
      if (pair.metric === 'requests') requests.push(...pods.map((name) => requestsOf(app, name, each)));
    }
    this.#adapter.custom = requests;
    return new Map(deployments.items.map(({ metadata, spec }) => [metadata.name, Number(spec['replicas'])]));
  }

  /** What each of so many pods has to do. Tells kwok where it is cpu. */
  async #share(pair: Pair, app: string, pods: number): Promise<number> {
    const each = (this.load * METRICS[pair.metric].perPod) / pods;
    const cpu = `${Math.round(each)}m`;
    if (pair.metric === 'cpu' && pods > 0 && this.#usages.get(app) !== cpu) {
      await this.#plane.setUsage({ namespace: NAMESPACE, labels: { app }, cpu });
      this.#usages.set(app, cpu);
    }
    return each;
  }

  /** Names by Deployment. */
  async #readyPods(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { items } = await this.#plane.api.get(`/api/v1/namespaces/${NAMESPACE}/pods`);
    const ready = items.filter(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && isTrue(status, 'Ready'),
    );
    const byApp = Map.groupBy(ready, ({ metadata }) => metadata.labels?.['app'] ?? '');
    return new Map([...byApp].map(([app, pods]) => [app, pods.map(({ metadata }) => metadata.name)]));
  }
}

export const EVERY_TWIN: readonly { readonly pair: Pair; readonly twin: Twin }[] = PAIRS.flatMap((pair) =>
  TWINS.map((twin) => ({ pair, twin })),
);

function requestsOf(app: string, name: string, each: number): CustomValue {
  const value = `${Math.round(each * 1000)}m`;
  return { resource: 'pods', namespace: NAMESPACE, name, metric: REQUESTS_METRIC, value, labels: { app } };
}

/** Of a condition in an object's status. */
export function isTrue(status: unknown, condition: string): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some((one) => one.type === condition && one.status === 'True');
}
