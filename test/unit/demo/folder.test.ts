// A folder of files as the demo takes it: which files count, what is left out, whose load it is, and what the load's Job is told.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseArguments } from '../../../scripts/demo/arguments.ts';
import { introduceJob, lineBetween } from '../../../scripts/demo/job-load.ts';
import { isOfJob, stagesOfJob, withStages } from '../../../scripts/demo/job-stages.ts';
import { type Manifest, readPath } from '../../../scripts/demo/manifests.ts';
import { planOf } from '../../../scripts/demo/plan.ts';
import { parseStages } from '../../../scripts/demo/stages.ts';
import type { ServiceFigures } from '../../../src/localcluster/proxy/service-figures.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-demo-unit-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const target = `{apiVersion: setpoint.dev/v1alpha1, kind: ScaledTarget, metadata: {name: web}, spec: {
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5,
  behavior: {scaleDown: {stabilizationWindowSeconds: 10}}}}`;
const deployment = '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {}}}';
const jobText = (name: string, env = '{name: STAGES, valueFrom: {configMapKeyRef: {name: load, key: stages}}}') =>
  `{apiVersion: batch/v1, kind: Job, metadata: {name: ${name}}, spec: {template: {spec: {containers: [{name: a, env: [${env}]}]}}}}`;
const config = '{apiVersion: v1, kind: ConfigMap, metadata: {name: load}, data: {stages: "10:8,20:40,90:8"}}';
const monitor = '{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: web}, spec: {}}';

async function put(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

const plan = (...flags: string[]) => planOf(parseArguments(['-f', folder, ...flags]), false, 'default');
const stagesText = (stages: readonly { seconds: number; rate: number }[] | undefined) =>
  stages?.map(({ seconds, rate }) => `${seconds}:${rate}`).join();

describe('a folder', () => {
  it('is read in order of the names of its YAML files, without kustomization and folders inside', async () => {
    await put({
      '20-target.yaml': target,
      '10-app.yml': `${deployment}\n---\n${config}\n`,
      'kustomization.yaml': 'resources: [nothing.yaml]',
      'readme.md': '# nothing',
    });
    await mkdir(join(folder, 'extra'));
    const { manifests, leftOut } = await readPath(folder);
    expect(manifests.map(({ kind }) => kind)).toEqual(['Deployment', 'ConfigMap', 'ScaledTarget']);
    expect(leftOut).toEqual([`Left out: extra, folders inside ${folder}.`]);
  });

  it('without a YAML file is refused by name', async () => {
    await expect(readPath(folder)).rejects.toThrow(`${folder}: no YAML file in this folder`);
  });
});

describe('the plan', () => {
  it('takes the Job as the load, with its own stages, and leaves the Job as it is', async () => {
    await put({ 'a.yaml': `${deployment}\n---\n${config}`, 'b.yaml': target, 'c.yaml': jobText('load') });
    const { manifests, scaledTargets, job, stages, remarks } = await plan();
    expect(manifests.map(({ kind }) => kind)).toEqual(['Deployment', 'ConfigMap']);
    expect(scaledTargets).toHaveLength(1);
    expect(stagesText(stages)).toBe('10:8,20:40,90:8');
    expect(JSON.stringify(job)).toContain('configMapKeyRef');
    expect(remarks).toEqual([]);
  });

  it('writes another load into the Job, its end long enough for the window', async () => {
    await put({ 'a.yaml': `${deployment}\n---\n${config}\n---\n${target}`, 'c.yaml': jobText('load') });
    const { job, stages } = await plan('--load', '5:1,5:9,5:1');
    expect(stagesText(stages)).toBe('5:1,5:9,55:1');
    expect(JSON.stringify(job)).toContain('{"name":"STAGES","value":"5:1,5:9,55:1"}');
    expect(stagesText((await plan('--duration', '240')).stages)).toBe('20:8,40:40,180:8');
  });

  it('skips what belongs to the Prometheus operator, and says so', async () => {
    await put({ 'a.yaml': `${deployment}\n---\n${target}\n---\n${monitor}` });
    const { manifests, remarks } = await plan();
    expect(manifests.map(({ kind }) => kind)).toEqual(['Deployment']);
    expect(remarks).toEqual(['Skipped: ServiceMonitor web, which is for the Prometheus operator; it is not here.']);
  });

  it('knows no stages of a Job without STAGES, and cannot tell it another load', async () => {
    await put({ 'a.yaml': `${deployment}\n---\n${target}\n---\n${jobText('other', '{name: RATE, value: "3"}')}` });
    expect((await plan()).stages).toBeUndefined();
    await expect(plan('--duration', '60')).rejects.toThrow(/the Job other has no variable STAGES/);
  });

  it('follows one Job', async () => {
    await put({ 'a.yaml': `${deployment}\n---\n${target}\n---\n${jobText('one')}\n---\n${jobText('two')}` });
    await expect(plan()).rejects.toThrow(/follows one Job as its load, and there are several: one, two/);
  });

  it("scales the demo's own web where a folder has no workload", async () => {
    await put({ 'a.yaml': target });
    const { manifests, job, stages } = await plan();
    expect(manifests.map(({ kind }) => kind)).toEqual(['Deployment', 'Service']);
    expect(job).toBeUndefined();
    expect(stagesText(stages)).toBe('20:8,60:40,100:8');
  });
});

describe('the stages of a Job', () => {
  const job = (env: unknown) =>
    ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'load' },
      spec: { template: { spec: { containers: [{ name: 'side' }, { name: 'main', env }] } } },
    }) as Manifest;

  it('are a value of its own or a key of a ConfigMap beside it', () => {
    expect(stagesText(stagesOfJob(job([{ name: 'STAGES', value: '1:2' }]), []))).toBe('1:2');
    const reference = [{ name: 'STAGES', valueFrom: { configMapKeyRef: { name: 'load', key: 'stages' } } }];
    expect(stagesOfJob(job(reference), [])).toBeUndefined();
  });

  it('that cannot be read are refused with their place', () => {
    expect(() => stagesOfJob(job([{ name: 'STAGES', value: 'much' }]), [])).toThrow(
      'STAGES of the Job load: "much" is not a stage; write SECONDS:RATE',
    );
  });

  it('are written where they stand and nowhere else', () => {
    const changed = withStages(job([{ name: 'A' }, { name: 'STAGES', value: '1:2' }]), parseStages('3:4'), []);
    expect(JSON.stringify(changed.spec)).toContain(
      '{"name":"main","env":[{"name":"A"},{"name":"STAGES","value":"3:4"}]}',
    );
  });

  it('are told before the load begins', () => {
    expect(introduceJob(job([]), parseStages('60:8,30:40'))).toBe(
      'Load for 90 s, by the Job load: 8/s for 60 s, 40/s for 30 s.',
    );
    expect(introduceJob(job([]), undefined)).toBe('The load is the Job load, until it ends.');
    expect(isOfJob({ ...job([]), apiVersion: 'example.com/v1' })).toBe(false);
  });
});

describe('what a Service saw between two looks', () => {
  const figures = (requests: number, inFlight: number, byCode: Record<string, number>): ServiceFigures => ({
    namespace: 'default',
    service: 'web',
    requests,
    errors: byCode['503'] ?? 0,
    byCode,
    inFlight,
    readyPods: 2,
    latencySumSeconds: 0,
    latencyBuckets: [
      { le: 0.1, count: requests },
      { le: Number.POSITIVE_INFINITY, count: requests },
    ],
  });

  it('is what arrived, also if it still waits; errors and clients that went away have failed', () => {
    const before = figures(10, 3, { '200': 10 });
    const now = figures(20, 6, { '200': 17, '503': 2, '499': 1 });
    expect(lineBetween('web', 7, before, now)).toEqual({
      service: 'web',
      second: 7,
      sent: 13,
      ok: 7,
      failed: 3,
      p50: 50,
      p99: 99,
    });
  });

  it('has no latency where nothing was answered', () => {
    const same = figures(10, 3, { '200': 10 });
    expect(lineBetween('web', 1, same, same)).toMatchObject({ sent: 0, ok: 0, failed: 0, p50: null, p99: null });
  });
});
