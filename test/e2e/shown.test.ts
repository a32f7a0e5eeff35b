// What a cluster engineer sees of a ScaledTarget with kubectl: columns, describe with its events, and the story in its status.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControllerStage, controllerStage } from '../support/controllers.ts';
import { deployment, scaledTarget } from '../support/local-api.ts';
import { serverPorts } from '../controlplane/ports.ts';
import { until } from '../support/process-cluster.ts';

const run = promisify(execFile);
let stage: ControllerStage;
let home: string;

async function kubectl(...args: string[]): Promise<string> {
  const env = { ...process.env, HOME: home, KUBECACHEDIR: join(home, 'cache'), KUBECONFIG: join(home, 'config') };
  const { stdout } = await run('kubectl', ['-n', 'shop', ...args], { env });
  return stdout;
}

function size(name: string): number | undefined {
  const spec = stage.cluster.store.get('deployments.apps', 'shop', name)?.['spec'] as { replicas?: number } | undefined;
  return spec?.replicas;
}

function createWorkload(name: string, replicas: number): void {
  const base = deployment(name, replicas);
  const container = { name: 'app', image: 'x', resources: { requests: { cpu: '100m' } } };
  const template = { ...base.spec.template, spec: { containers: [container] } };
  stage.cluster.store.create('deployments.apps', { ...base, spec: { ...base.spec, template } });
}

const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };
const rps = {
  type: 'Prometheus',
  name: 'rps',
  prometheus: { query: 'sum(rate(requests_total[1m]))', target: { type: 'AverageValue', averageValue: '5' } },
};
const atOnce = { minReplicas: 2, syncPeriodSeconds: 1, initialization: { cpuInitializationPeriodSeconds: 0 } };

beforeAll(async () => {
  stage = await controllerStage();
  home = await mkdtemp(join(tmpdir(), 'setpoint-kubectl-'));
  await writeFile(join(home, 'config'), stage.cluster.kubeconfig());
  createWorkload('web', 4);
  createWorkload('quiet', 2);
  const { cluster } = stage;
  cluster.scriptedMetrics?.set({ app: 'web' }, { cpu: '108m' });
  cluster.scriptedMetrics?.set({ app: 'quiet' }, { cpu: '60m' });
  const create = (object: ReturnType<typeof scaledTarget>) =>
    cluster.store.create('scaledtargets.setpoint.dev', object);
  create(scaledTarget('web', 'web', { ...atOnce, maxReplicas: 8, metrics: [cpu] }));
  create(scaledTarget('quiet', 'quiet', { ...atOnce, metrics: [cpu] }));
  create(scaledTarget('lost', 'nowhere', { ...atOnce, metrics: [cpu] }));
  for (const name of ['blind', 'shared']) createWorkload(name, 2);
  create(scaledTarget('blind', 'blind', { ...atOnce, metrics: [rps] }));
  create(scaledTarget('shared', 'shared', { ...atOnce, metrics: [cpu] }));
  cluster.store.create('horizontalpodautoscalers.autoscaling', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'old', namespace: 'shop' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shared' }, maxReplicas: 4 },
  });
  // Nothing listens there.
  const [closed] = await serverPorts(1);
  await stage.start('controller', [`--prometheus-url=http://127.0.0.1:${closed}`]);
  await until(() => size('web') === 8, 'web has grown', 30_000);
  const shown = (name: string) => {
    const status = cluster.store.get('scaledtargets.setpoint.dev', 'shop', name)?.['status'] as
      | { conditions?: readonly unknown[] }
      | undefined;
    return (status?.conditions?.length ?? 0) > 0;
  };
  await until(() => shown('web') && shown('quiet') && shown('lost'), 'all are shown', 15_000);
}, 60_000);

afterAll(async () => {
  await stage.close();
  await rm(home, { recursive: true, force: true });
});

describe('kubectl get st', () => {
  it('says target, metrics, bounds, sizes and why', async () => {
    const [header = '', ...rows] = (await kubectl('get', 'st')).trimEnd().split('\n');
    expect(header.split(/\s{2,}/)).toEqual([
      'NAME',
      'TARGET',
      'METRICS',
      'MIN',
      'MAX',
      'CURRENT',
      'DESIRED',
      'WHY',
      'AGE',
    ]);
    expect(rows.find((row) => row.startsWith('web'))).toMatch(
      /^web\s+Deployment\/web\s+cpu: \d+%\/60%\s+2\s+8\s+\d+\s+8\s/,
    );
    expect(rows.find((row) => row.startsWith('quiet'))).toMatch(/cpu: 60%\/60%\s+2\s+10\s+2\s+2\s/);
  });

  it('-o wide adds mode and last scale', async () => {
    const [header = '', ...rows] = (await kubectl('get', 'st', '-o', 'wide')).trimEnd().split('\n');
    expect(header).toMatch(/MODE\s+LAST SCALE$/);
    expect(rows.find((row) => row.startsWith('web'))).toMatch(/Scale\s+\d+s$/);
  });

  it('is found by its category', async () => {
    expect(await kubectl('get', 'autoscaling', '-o', 'name')).toContain('scaledtarget.setpoint.dev/web');
  });
});

describe('kubectl setpoint', () => {
  /** The package as a plugin: its program on the PATH under the name that kubectl looks for. */
  async function plugin(...args: string[]): Promise<string> {
    const bin = join(home, 'bin');
    await mkdir(bin, { recursive: true });
    await rm(join(bin, 'kubectl-setpoint'), { force: true });
    await symlink(join(import.meta.dirname, '../../dist/setpoint.js'), join(bin, 'kubectl-setpoint'));
    const PATH = [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    const env = { ...process.env, PATH, HOME: home, KUBECONFIG: join(home, 'config') };
    const { stdout } = await run('kubectl', ['setpoint', ...args], { env });
    return stdout;
  }

  it('explain says why a target has its size, by the kubeconfig of kubectl', async () => {
    const text = await plugin('explain', '-n', 'shop', 'st/quiet', '--controller', 'none');
    expect(text).toMatch(/^shop\/quiet stays at 2 replicas: cpu 100% of target, within tolerance \(decided /);
    expect(text).toContain('\n  It cannot shrink: minReplicas is 2.\n');
  });

  it('explain says what to do where there is no such target', async () => {
    await expect(plugin('explain', '-n', 'shop', 'none')).rejects.toMatchObject({
      stderr: expect.stringMatching(/^setpoint explain: there is no ScaledTarget shop\/none: .*/) as string,
      code: 1,
    });
  });
});

describe('kubectl describe st', () => {
  it('tells of the change in an event: sizes, the metric that won, its value against its target', async () => {
    const text = await kubectl('describe', 'st', 'web');
    expect(text).toMatch(
      /Normal\s+SuccessfulRescale\s+.*setpoint\s+.*4.*8.*cpu.*108%.*60%.*New size: 8; reason: cpu resource utilization \(percentage of request\) above target/,
    );
  });

  it('tells of an outage once: what cannot be read, where from, and why', async () => {
    // Three failures in a row: the source is left alone from then on, which is no news.
    await until(
      async () => (await kubectl('get', 'st', 'blind', '-o', 'yaml')).includes('left alone'),
      'left alone',
      30_000,
    );
    const text = await kubectl('describe', 'st', 'blind');
    const events = text.slice(text.indexOf('\nEvents:')).trimEnd().split('\n').slice(4);
    expect(
      events
        .map((line) =>
          line
            .trim()
            .split(/\s{2,}/)
            .slice(0, 2)
            .join(' '),
        )
        .sort(),
    ).toEqual(['Warning FailedComputeMetricsReplicas', 'Warning FailedGetPrometheusMetric']);
    expect(text).toMatch(
      /setpoint +unable to get Prometheus metric rps: unable to fetch metrics from source default: the (connection was refused|source is left alone)/,
    );
    expect(text).not.toMatch(/Prometheus metric rps: [^\n]*Prometheus metric rps/);
  });

  it('names the rival of a target, and what to do', async () => {
    const text = await kubectl('describe', 'st', 'shared');
    expect(text).toMatch(
      /Warning +Conflict +.*HorizontalPodAutoscaler old scales the same workload: nothing is written here; delete it, or set/,
    );
  });

  it('says why a target cannot be scaled', async () => {
    const text = await kubectl('describe', 'st', 'lost');
    expect(text).toMatch(/Reason:\s+FailedGetScale/);
    expect(text).toMatch(/Warning\s+FailedGetScale\s.*nowhere/);
  });
});

describe('status', () => {
  it('lastDecision tells the whole story of a size', async () => {
    interface Shown {
      readonly history: readonly unknown[];
      readonly lastDecision: {
        readonly currentReplicas: number;
        readonly steps: readonly { readonly stage: string }[];
      } & Record<string, unknown>;
    }
    // The decision after the change, which finds the new size and is held at the bound.
    const status = await until(async () => {
      const object = JSON.parse(await kubectl('get', 'st', 'web', '-o', 'json')) as { readonly status: Shown };
      return object.status.lastDecision.currentReplicas === 8 ? object.status : undefined;
    }, 'the size that was written is found');
    expect(status.history).toMatchObject([{ from: 4, to: 8 }]);
    expect(status.lastDecision).toMatchObject({ winner: 'cpu', desiredReplicas: 8 });
    expect(status.lastDecision['metrics']).toMatchObject([{ name: 'cpu', target: '60%' }]);
    expect(status.lastDecision.steps.map(({ stage: name }) => name)).toEqual(['combine', 'limit']);
  });

  it('is written when something changed, not every cycle', async () => {
    const writes = () =>
      stage.writes('controller').filter(
        ({ resource, subresource, name }) =>
          // Of blind each new attempt to reach its source is news.
          resource === 'scaledtargets' && subresource === 'status' && name !== 'blind',
      ).length;
    await until(() => size('web') === 8, 'steady');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const before = writes();
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(writes() - before).toBeLessThanOrEqual(1);
  });
});
