// What every test of the page begins with: a cluster whose pods are simulated, the controller as a process of its own serving the
// page, and a browser.
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../scripts/browser.ts';
import { serverPorts } from '../../controlplane/ports.ts';
import { type ControllerProcess, type ControllerStage, controllerStage } from '../../support/controllers.ts';
import { deployment, scaledTarget } from '../../support/local-api.ts';
import { until } from '../../support/process-cluster.ts';

export const NAMESPACE = 'shop';
const TARGETS = 'scaledtargets.setpoint.dev';
/** Another controller takes over so soon after a crash; on a busy machine a leader may fail to renew in that time. */
export const QUICK_LEASE = ['--lease-duration=8s', '--renew-deadline=6s', '--retry-period=300ms'];

export interface PageStage {
  readonly cluster: ControllerStage['cluster'];
  readonly browser: Browser;
  /** Address of the page, with a slash at the end. */
  readonly url: string;
  /** Starts a controller that serves the page there. */
  readonly start: (options?: StartOptions) => Promise<ControllerProcess>;
  /** A port that nobody listens on. */
  readonly freePort: () => Promise<number>;
  /** A Deployment and its ScaledTarget by cpu at 60 %, with this much used by each of its pods. */
  readonly addTarget: (name: string, options?: TargetOptions) => void;
  /** Each pod of this name uses so many millis of the 100 that it asked for; undefined: it has no sample. */
  readonly use: (name: string, milli: number | undefined) => void;
  readonly size: (name: string) => number | undefined;
  json<Value>(path: string): Promise<Value>;
  readonly close: () => Promise<void>;
}

export interface StartOptions {
  /** Its user in the audit log. Default `page`. */
  readonly user?: string;
  readonly port?: number;
  /** Further flags. */
  readonly args?: readonly string[];
}

export interface TargetOptions {
  readonly replicas?: number;
  /** Default 50; `none`: its pods have no sample. */
  readonly milli?: number | 'none';
  readonly spec?: Readonly<Record<string, unknown>>;
}

const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };
export const SPEC = {
  minReplicas: 1,
  maxReplicas: 20,
  syncPeriodSeconds: 1,
  metrics: [cpu],
  // Simulated pods have warmed up when they come.
  initialization: { cpuInitializationPeriodSeconds: 0, initialReadinessDelaySeconds: 0 },
  behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
} as const;

export async function pageStage(): Promise<PageStage> {
  const stage = await controllerStage();
  const { cluster } = stage;
  const [port = 0] = await serverPorts(1);
  const browser = await launchBrowser(process.env);
  const url = `http://127.0.0.1:${port}/`;
  const usage = cluster.scriptedMetrics;
  if (!usage) throw new Error('the cluster has real pods: their usage cannot be scripted');
  const used = new Map<string, number>();
  usage.script(({ labels }) => {
    const milli = used.get(labels['app'] ?? '');
    return milli === undefined ? {} : { cpu: `${milli}m` };
  });
  return {
    cluster,
    browser,
    url,
    async start({ user = 'page', port: at = port, args = [] } = {}) {
      const controller = await stage.start(user, ['--page', `--page-port=${at}`, ...args]);
      const isServed = () =>
        fetch(`http://127.0.0.1:${at}/api/v1/targets`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until(isServed, `${user} serves the page: ${JSON.stringify(controller.logs().slice(-3))}`, 20_000);
      return controller;
    },
    freePort: async () => (await serverPorts(1))[0] ?? 0,
    addTarget(name, { replicas = 2, milli = 50, spec = {} } = {}) {
      if (milli !== 'none') used.set(name, milli);
      const workload = deployment(name, replicas);
      const [container] = workload.spec.template.spec.containers;
      const containers = [{ ...container, resources: { requests: { cpu: '100m' } } }];
      const template = { ...workload.spec.template, spec: { containers } };
      cluster.store.create('deployments.apps', { ...workload, spec: { ...workload.spec, template } });
      cluster.store.create(TARGETS, scaledTarget(name, name, { ...SPEC, ...spec }));
    },
    use(name, milli) {
      if (milli === undefined) used.delete(name);
      else used.set(name, milli);
    },
    size: (name) =>
      (cluster.store.get('deployments.apps', NAMESPACE, name)?.['spec'] as { replicas?: number })?.replicas,
    json: async <Value>(path: string) => (await (await fetch(new URL(path, url))).json()) as Value,
    async close() {
      await browser.close();
      await stage.close();
    },
  };
}
