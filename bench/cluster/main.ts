// `npm run bench:cluster`: what Setpoint and the real HPA cost on a real API server, one after the other on the same objects.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import type { ApiClient } from '../../test/controlplane/api-client.ts';
import { type ControlPlane, startControlPlane } from '../../test/controlplane/control-plane.ts';
import type { Contender } from './contender.ts';
import { hpa, TUNED } from './hpa.ts';
import { type ContenderFigures, measure, type Stage } from './measure.ts';
import { startMetricsServer } from './metrics-server.ts';
import { tableOf } from './report.ts';
import { setpoint } from './setpoint.ts';
import { autoscalerSpec, makeWorld, podsOf, resetSizes, sizesOf, targetsOf } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CRD = resolve(ROOT, 'crds/scaledtargets.yaml');

interface Arguments {
  readonly targets: number;
  readonly against: 'hpa' | 'none';
  readonly warmUp: number;
  readonly steady: number;
  readonly step: number;
  readonly json: string;
}

const program = new Command('bench:cluster')
  .description(
    'What Setpoint costs beside the real HPA: on a real API server, with three ready pods a target and a 15 s period.',
  )
  .option('--targets <count>', 'Deployments, each with an autoscaler', count, 100)
  .option('--against <contender>', '`hpa`, or `none` to run Setpoint alone', contender, 'hpa')
  .option('--warm-up <seconds>', 'before anything is counted', count, 60)
  .option('--steady <seconds>', 'with values that move within the tolerance', count, 120)
  .option('--step <seconds>', 'after all values doubled at once', count, 60)
  .option('--json <file>', 'where the figures go', resolve(ROOT, '.cache/bench-cluster.json'));

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number above 0.');
  return value;
}

function contender(text: string): string {
  if (text !== 'hpa' && text !== 'none') throw new InvalidArgumentError('give `hpa` or `none`.');
  return text;
}

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

async function main(): Promise<void> {
  const options = program.parse().opts<Arguments>();
  say('starting etcd, kube-apiserver and kube-controller-manager');
  const plane = await startControlPlane({
    flavour: 'managed',
    users: { setpoint: [] },
    fsync: true,
    log: say,
    ...TUNED,
  });
  try {
    await plane.component('kube-controller-manager').stop();
    await run(plane, options);
  } finally {
    await plane.stop();
  }
}

async function run(plane: ControlPlane, options: Arguments): Promise<void> {
  const targets = targetsOf(options.targets);
  await installApi(plane.api);
  const service = 'bench-metrics';
  const { certificate, key } = plane.serviceCertificate(service);
  const metrics = await startMetricsServer({ cert: certificate, key, pods: podsOf(targets) });
  try {
    await plane.registerApi({ group: 'metrics.k8s.io', version: 'v1beta1', service, port: metrics.port });
    await makeWorld(plane.api, targets, (done) => {
      if (done % 250 === 0 || done === targets.length) say(`${done} of ${targets.length} Deployments with pods`);
    });
    const contenders: Contender[] = [setpoint(plane.api, plane.user('setpoint').kubeconfig, autoscalerSpec)];
    if (options.against === 'hpa') contenders.push(hpa(plane, autoscalerSpec));
    const stage: Stage = {
      auditLogPath: plane.auditLogPath,
      serverPids: serverPids(plane),
      targets,
      warmUpSeconds: options.warmUp,
      steadySeconds: options.steady,
      stepSeconds: options.step,
      setUsage: (milli) => metrics.setUsage(milli),
      say,
    };
    const figures: ContenderFigures[] = [];
    for (const next of contenders) {
      figures.push(await measure(next, stage));
      await checkSizes(plane.api, next, stage);
      await resetSizes(plane.api, targets);
    }
    process.stdout.write(`\n${tableOf(figures, targets.length)}\n`);
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify({ targets: targets.length, figures }, null, 2)}\n`);
    say(`written: ${options.json}`);
  } finally {
    await metrics.close();
  }
}

/** The CRD, and for Setpoint's user every permission, so that what it may do costs what it costs in a cluster. */
async function installApi(api: ApiClient): Promise<void> {
  await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', parse(readFileSync(CRD, 'utf8')));
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'bench-setpoint' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'setpoint' }],
  });
}

function serverPids(plane: ControlPlane): readonly number[] {
  const pids = plane.pids();
  return [pids.etcd, pids['kube-apiserver']].filter((pid) => pid !== undefined);
}

/** A cheaper contender that decides something else does not count. */
async function checkSizes(api: ApiClient, { name }: Contender, { targets }: Stage): Promise<void> {
  const sizes = new Map<number, number>();
  for (const size of await sizesOf(api, targets)) sizes.set(size, (sizes.get(size) ?? 0) + 1);
  const seen = [...sizes].map(([size, number]) => `${number} x ${size}`).join(', ');
  say(`${name}: sizes after the step: ${seen}`);
}

await main();
