// The controller beside an API server, installed by the manifests of deploy/base and run with the rights of its service account only.
// Everything is seen and done through the API; how the server is made is left to the connection.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText } from '../../../src/localcluster/api/kubeconfig.ts';
import type { ApiBody } from '../../support/api-body.ts';
import { manifests } from '../../support/app-on-cluster.ts';
import { type RunningApp, startApp } from '../../support/running-app.ts';
import { workload } from '../kube-api/objects-under-test.ts';
import { ApiSession, type ServerConnection } from '../kube-api/session.ts';
import { ContractPlant, WORK } from './plant.ts';

/** An API server without controllers: nobody but the contract makes pods. */
export interface ControllerConnection extends ServerConnection {
  /** Takes the API server away and brings it back with all that it held. */
  restartApiServer(): Promise<void>;
}

const PATHS: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/setpoint-system/serviceaccounts',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/setpoint-system/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/setpoint-system/rolebindings',
  CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
};
const INSTALLED = ['namespace', 'serviceaccount', 'rbac', 'scaledtargets'];
/** On a machine that does other things as well an API server takes half a minute to come back. */
const PATIENCE_MS = 90_000;
/** Nothing but the rules under test stands against shrinking. */
const AT_ONCE = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 1 }] };

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export class ControllerStage {
  readonly api: ApiSession<ControllerConnection>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'setpoint-contract-'));
  #plant: ContractPlant | undefined;
  #kubeconfig = '';
  #apps: RunningApp[] = [];
  /** Of the service account. */
  token = '';

  constructor(connect: () => Promise<ControllerConnection>) {
    this.api = new ApiSession(connect);
  }

  async open(): Promise<void> {
    const { api } = this;
    await api.open();
    for (const object of INSTALLED.flatMap((name) => manifests(`deploy/base/${name}.yaml`))) {
      await api.made(PATHS[object.kind] ?? object.kind, object);
    }
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const issued = await api.made(`${PATHS['ServiceAccount']}/setpoint/token`, request);
    this.token = (issued.status as { token: string }).token;
    const { url, certificateAuthority } = api.connection;
    this.#kubeconfig = join(this.#folder, 'kubeconfig');
    writeFileSync(this.#kubeconfig, kubeconfigText({ url, token: this.token, certificateAuthority }));
    await api.until(async () => {
      const { status } = await api.get('/apis/setpoint.dev/v1alpha1/scaledtargets', { token: this.token });
      if (status !== 200) throw new Error(`the service account is answered ${status}`);
    });
    this.#plant = await ContractPlant.open(api);
  }

  async close(): Promise<void> {
    try {
      await this.#plant?.close();
    } finally {
      await this.api.close();
      rmSync(this.#folder, { recursive: true });
    }
  }

  /** Runs the controller as its service account. */
  start(given: Readonly<Record<string, unknown>> = {}): RunningApp {
    const app = startApp({ kubeconfig: this.#kubeconfig, ...given });
    this.#apps.push(app);
    return app;
  }

  /** Runs it as a kubelet does: whenever it ends by itself, again. */
  supervise(given: Readonly<Record<string, unknown>> = {}): void {
    const app = this.start(given);
    const again = async (): Promise<void> => {
      await app.ended;
      if (this.#apps.includes(app)) this.supervise(given);
    };
    void again();
  }

  /** Whether the controller that was started last is ready. */
  async isReady(): Promise<boolean> {
    return (await this.#apps.at(-1)?.get('/readyz'))?.status === 200;
  }

  /** Ends all controllers and takes away what they looked after. */
  async clear(): Promise<void> {
    const apps = this.#apps;
    this.#apps = [];
    for (const app of apps) await app.stop();
    for (const path of [this.#targets(), this.#deployments(), this.#hpas()]) await this.api.call('DELETE', path);
  }

  work(name: string, units: number | undefined): void {
    this.#plant?.setWork(this.api.namespace, name, units);
  }

  async deploy(name: string, replicas: number): Promise<void> {
    const { spec, ...rest } = workload('Deployment', name);
    await this.api.made(this.#deployments(), { ...rest, spec: { ...spec, replicas } });
  }

  /** A ScaledTarget for the Deployment `of`, ten units of work for a pod. */
  async scale(name: string, changes: Readonly<Record<string, unknown>> = {}, of = name): Promise<void> {
    await this.api.made(this.#targets(), {
      apiVersion: 'setpoint.dev/v1alpha1',
      kind: 'ScaledTarget',
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: of },
        maxReplicas: 10,
        metrics: [
          { type: 'Pods', pods: { metric: { name: WORK }, target: { type: 'AverageValue', averageValue: '10' } } },
        ],
        behavior: { scaleUp: AT_ONCE, scaleDown: AT_ONCE },
        ...changes,
      },
    });
  }

  async hpa(name: string): Promise<void> {
    await this.api.made(this.#hpas(), {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 5 },
    });
  }

  async deployment(name: string): Promise<ApiBody> {
    return (await this.api.get(this.deploymentPath(name))).body;
  }

  async size(name: string): Promise<number> {
    return Number((await this.deployment(name)).spec['replicas']);
  }

  async status(name: string): Promise<Readonly<Record<string, unknown>>> {
    return ((await this.api.get(`${this.#targets()}/${name}`)).body.status ?? {}) as Record<string, unknown>;
  }

  async condition(name: string, type: string): Promise<Condition | undefined> {
    const { conditions = [] } = (await this.status(name)) as { conditions?: Condition[] };
    return conditions.find((one) => one.type === type);
  }

  async removeHpa(name: string): Promise<void> {
    await this.api.call('DELETE', `${this.#hpas()}/${name}`);
  }

  async removeTarget(name: string): Promise<void> {
    await this.api.call('DELETE', `${this.#targets()}/${name}`);
  }

  /** Reasons and messages of the events about a ScaledTarget. */
  async events(name: string): Promise<readonly string[]> {
    const selector = encodeURIComponent(`involvedObject.kind=ScaledTarget,involvedObject.name=${name}`);
    const { body } = await this.api.get(`${this.api.in('api/v1', 'events')}?fieldSelector=${selector}`);
    return body.items.map(({ reason, message }) => `${reason}: ${message}`);
  }

  async leaseHolder(): Promise<string> {
    const path = '/apis/coordination.k8s.io/v1/namespaces/setpoint-system/leases/setpoint';
    const { holderIdentity } = (await this.api.get(path)).body.spec ?? {};
    return typeof holderIdentity === 'string' ? holderIdentity : '';
  }

  async restartApiServer(): Promise<void> {
    const plant = this.#plant;
    if (plant !== undefined) plant.isAlone = true;
    await this.api.connection.restartApiServer();
    await this.api.until(async () => {
      const { status } = await this.api.get('/readyz');
      if (status !== 200) throw new Error(`ready answers ${status}`);
    });
    if (plant !== undefined) plant.isAlone = false;
  }

  /**
   * Writes labels of a Deployment, one write after the other, at most some forty times a second, as a rollout writes its status, until
   * `use` is done: how often.
   */
  async whileOthersWrite(name: string, use: () => Promise<void>): Promise<number> {
    let count = 0;
    const over = new AbortController();
    const write = async (): Promise<void> => {
      while (!over.signal.aborted) {
        count += 1;
        const metadata = { labels: { count: String(count) } };
        await this.api.patch(this.deploymentPath(name), 'merge', { metadata });
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    };
    const writing = write();
    try {
      await use();
    } finally {
      over.abort();
      await writing;
    }
    return count;
  }

  /** Looks again and again; fails with what things look like then. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}; ${await this.#tell()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  deploymentPath(name: string): string {
    return `${this.#deployments()}/${name}`;
  }

  async #tell(): Promise<string> {
    const { body, text } = await this.api.get(this.#targets());
    const statuses = (body.items ?? []).map(({ metadata, status }) => [metadata.name, status]);
    return JSON.stringify(
      [statuses.length > 0 ? statuses : text, this.#apps.map(({ logs }) => logs.slice(-8))],
      null,
      1,
    );
  }

  #targets(): string {
    return this.api.in('apis/setpoint.dev/v1alpha1', 'scaledtargets');
  }

  #deployments(): string {
    return this.api.in('apis/apps/v1', 'deployments');
  }

  #hpas(): string {
    return this.api.in('apis/autoscaling/v2', 'horizontalpodautoscalers');
  }
}
