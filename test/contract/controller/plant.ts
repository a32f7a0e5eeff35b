// Makes Deployments of an API server alive through the API alone, where nobody else does: pods that run and are ready at once, and the
// status of their Deployment. Work is shared by the pods of a Deployment and measured as the metric `work` of each.
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiBody } from '../../support/api-body.ts';
import { type MetricsAdapter, startMetricsAdapter } from '../../support/metrics-adapter.ts';
import type { ApiSession, ServerConnection } from '../kube-api/session.ts';

const STEP_MS = 150;
const CUSTOM = 'custom.metrics.k8s.io';
const SERVICE = { name: 'contract-adapter', namespace: 'kube-system' };
export const WORK = 'work';

export class ContractPlant {
  readonly #api: ApiSession<ServerConnection>;
  readonly #adapter: MetricsAdapter;
  /** By namespace and name, in units; not there: not measured. */
  readonly #work = new Map<string, number>();
  #pods: readonly ApiBody[] = [];
  #serial = 0;
  #isOpen = true;
  #failure: unknown;
  readonly #loop: Promise<void>;
  /** The API server is away on purpose. */
  isAlone = false;

  private constructor(api: ApiSession<ServerConnection>, adapter: MetricsAdapter) {
    this.#api = api;
    this.#adapter = adapter;
    adapter.custom = () => this.#values();
    this.#loop = this.#run();
  }

  /** Registers its metrics as an aggregated API and returns when they can be had. */
  static async open(api: ApiSession<ServerConnection>): Promise<ContractPlant> {
    const adapter = await startMetricsAdapter({ dnsNames: [`${SERVICE.name}.${SERVICE.namespace}.svc`] });
    await api.made('/api/v1/namespaces/kube-system/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: SERVICE,
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: adapter.port, protocol: 'TCP' }] },
    });
    for (const [index, version] of adapter.versions.entries()) {
      await api.made('/apis/apiregistration.k8s.io/v1/apiservices', {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `${version}.${CUSTOM}` },
        spec: {
          group: CUSTOM,
          version,
          service: { ...SERVICE, port: adapter.port },
          caBundle: Buffer.from(adapter.ca ?? '').toString('base64'),
          groupPriorityMinimum: 100,
          versionPriority: 100 - index,
        },
      });
    }
    const [version = ''] = adapter.versions;
    await api.until(async () => {
      const { status } = await api.get(`/apis/${CUSTOM}/${version}`);
      if (status !== 200) throw new Error(`${CUSTOM} answers ${status}`);
    });
    return new ContractPlant(api, adapter);
  }

  /** What all pods of a Deployment have to do together; undefined: nothing is measured any more. */
  setWork(namespace: string, name: string, units: number | undefined): void {
    const key = `${namespace}/${name}`;
    if (units === undefined) this.#work.delete(key);
    else this.#work.set(key, units);
  }

  /** Throws what went wrong since it was opened. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#loop;
    await this.#adapter.close();
    if (this.#failure !== undefined) throw new Error('the plant stood still', { cause: this.#failure });
  }

  async #run(): Promise<void> {
    while (this.#isOpen) {
      try {
        await this.#step();
      } catch (error) {
        if (!this.isAlone) this.#failure ??= error;
      }
      await wait(STEP_MS);
    }
  }

  async #step(): Promise<void> {
    const deployments = await this.#list('/apis/apps/v1/deployments');
    const pods = await this.#list('/api/v1/pods?labelSelector=plant');
    this.#pods = pods;
    for (const deployment of deployments) await this.#keep(deployment, pods.filter(isOf(deployment)));
    for (const pod of pods) if (!deployments.some((one) => isOf(one)(pod))) await this.#end(pod);
  }

  async #list(path: string): Promise<readonly ApiBody[]> {
    const { status, body, text } = await this.#api.get(path);
    if (status !== 200) throw new Error(`${path} answers ${status}: ${text}`);
    return body.items;
  }

  async #keep(deployment: ApiBody, pods: readonly ApiBody[]): Promise<void> {
    const wanted = Number(deployment.spec['replicas']);
    for (let count = pods.length; count < wanted; count += 1) await this.#begin(deployment);
    for (const pod of pods.slice(wanted)) await this.#end(pod);
    // Made by a step that came no further, since the API server went away.
    for (const pod of pods.slice(0, wanted)) if (phaseOf(pod) !== 'Running') await this.#makeReady(pod.metadata);
    const { replicas = 0, observedGeneration } = (deployment.status ?? {}) as Record<string, number>;
    const { namespace = '', name, generation } = deployment.metadata;
    if (replicas === wanted && observedGeneration === generation) return;
    const counts = { replicas: wanted, readyReplicas: wanted, availableReplicas: wanted, updatedReplicas: wanted };
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/status`;
    await this.#api.patch(path, 'merge', { status: { ...counts, observedGeneration: generation } });
  }

  async #begin({ metadata }: ApiBody): Promise<void> {
    const { namespace = '', name: app, uid } = metadata;
    this.#serial += 1;
    const name = `${app}-${this.#serial}`;
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await this.#api.made(path, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app, plant: uid } },
      spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
    });
    await this.#makeReady({ namespace, name });
  }

  async #makeReady({ namespace = '', name }: Pick<ApiBody['metadata'], 'namespace' | 'name'>): Promise<void> {
    // Long ago, so that nothing waits for pods to warm up.
    const since = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    await this.#api.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, 'merge', {
      status: {
        phase: 'Running',
        startTime: since,
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
      },
    });
  }

  async #end({ metadata: { namespace = '', name } }: ApiBody): Promise<void> {
    await this.#api.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 });
  }

  #values() {
    return [...this.#work].flatMap(([key, units]) => {
      const own = this.#pods.filter(({ metadata: { namespace, labels } }) => `${namespace}/${labels?.['app']}` === key);
      const value = `${Math.round((units * 1000) / Math.max(1, own.length))}m`;
      return own.map(({ metadata: { namespace = '', name, labels = {} } }) => ({
        resource: 'pods',
        namespace,
        name,
        metric: WORK,
        value,
        labels,
      }));
    });
  }
}

function isOf({ metadata }: ApiBody): (pod: ApiBody) => boolean {
  return (pod) => pod.metadata.labels?.['plant'] === metadata.uid;
}

function phaseOf({ status }: ApiBody): string | undefined {
  return (status as { readonly phase?: string } | undefined)?.phase;
}
