// The application in this process against a local cluster with simulated pods, over real HTTP and in real time, behind a proxy
// that can be cut: for what happens while something fails. Where time matters more than sockets, app-on-cluster.ts is quicker.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCrd } from '../../src/api/crd.ts';
import { type LocalCluster, startLocalCluster } from '../../src/localcluster/cluster.ts';
import { CuttableProxy } from './cuttable-proxy.ts';
import { type RunningApp, pause, startApp } from './running-app.ts';

const TARGETS = 'scaledtargets.setpoint.dev';
const CRDS = 'customresourcedefinitions.apiextensions.k8s.io';
const DEPLOYMENTS = 'deployments.apps';

/** Half of the cpu that a pod requests. */
export const CPU = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
};
/** Nothing but the rules under test stands against shrinking. */
const AT_ONCE = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Percent', value: 100, periodSeconds: 1 }],
};
const PATIENCE_MS = 20_000;

export class RealTimeStage {
  readonly cluster: LocalCluster;
  /** Between the applications and the API server. */
  readonly proxy: CuttableProxy;
  readonly folder = mkdtempSync(join(tmpdir(), 'setpoint-app-'));
  readonly #apps: RunningApp[] = [];

  private constructor(cluster: LocalCluster, proxy: CuttableProxy) {
    this.cluster = cluster;
    this.proxy = proxy;
  }

  /** A cluster with the namespace `shop`, and without the CRD. */
  static async open(): Promise<RealTimeStage> {
    const apiServer = { namespaces: ['shop', 'setpoint-system'] };
    const cluster = await startLocalCluster({ runPods: 'simulated', apiServer, maxPods: 10_000 });
    const proxy = new CuttableProxy(cluster.url);
    await proxy.restore();
    return new RealTimeStage(cluster, proxy);
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.stop();
    await this.proxy.cut();
    await this.cluster.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Runs the application with these options, deciding every second. */
  start(given: Readonly<Record<string, unknown>> = {}, token?: string, pageFolder?: string): RunningApp {
    const kubeconfig = join(this.folder, `kubeconfig-${this.#apps.length}`);
    writeFileSync(kubeconfig, this.cluster.kubeconfig(token).replaceAll(this.cluster.url, this.proxy.url));
    const app = startApp({ kubeconfig, ...given }, pageFolder === undefined ? {} : { pageFolder });
    this.#apps.push(app);
    return app;
  }

  installCrd(): void {
    if (!this.cluster.store.get(CRDS, '', TARGETS)) this.cluster.store.create(CRDS, buildCrd());
  }

  /** A Deployment of this size, whose pods request 500m of cpu each. */
  deploy(name: string, replicas: number, namespace = 'shop'): void {
    const labels = { app: name };
    const containers = [{ name: 'main', image: 'app', resources: { requests: { cpu: '500m' } } }];
    this.cluster.store.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    });
  }

  /** A ScaledTarget on the Deployment of its name, up to ten replicas. */
  scale(name: string, metric: unknown, changes: Readonly<Record<string, unknown>> = {}, namespace = 'shop'): void {
    this.cluster.store.create(TARGETS, {
      apiVersion: 'setpoint.dev/v1alpha1',
      kind: 'ScaledTarget',
      metadata: { name, namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        maxReplicas: 10,
        metrics: [metric],
        behavior: { scaleUp: AT_ONCE, scaleDown: AT_ONCE },
        initialization: { cpuInitializationPeriodSeconds: 0, initialReadinessDelaySeconds: 0 },
        ...changes,
      },
    });
  }

  /** Each Deployment has so much to do in all, in thousandths of a core, shared by its pods; 250 of it is what one should do. */
  work(milli: number): void {
    const { store, scriptedMetrics } = this.cluster;
    scriptedMetrics?.script(({ namespace, labels }) => {
      const pods = store.list('pods', namespace).filter(({ metadata }) => metadata.labels?.['app'] === labels['app']);
      return { cpu: `${Math.round(milli / pods.length)}m` };
    });
  }

  sizeOf(name: string, namespace = 'shop'): number {
    return (this.cluster.store.get(DEPLOYMENTS, namespace, name)!['spec'] as { replicas: number }).replicas;
  }

  statusOf(name: string): Readonly<Record<string, unknown>> {
    return (this.cluster.store.get(TARGETS, 'shop', name)?.['status'] ?? {}) as Record<string, unknown>;
  }

  /** Waits in vain no longer than 20 s, and then says what state things are in. */
  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}; ${this.#tell()}`);
      await pause(20);
    }
  }

  #tell(): string {
    const statuses = this.cluster.store.list(TARGETS).map(({ metadata, status }) => [metadata.name, status]);
    return JSON.stringify([statuses.slice(0, 3), this.#apps.map(({ logs }) => logs.slice(-5))], null, 1);
  }
}
