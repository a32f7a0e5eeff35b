// `setpoint explain` as a user runs it: against a cluster with a controller, and when the controller is gone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainCommand } from '../../src/cli/commands/explain.ts';
import { runProgram } from '../../src/cli/program.ts';
import { CPU, RealTimeStage } from '../support/real-time-app.ts';
import type { RunningApp } from '../support/running-app.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';

let stage: RealTimeStage;
let app: RunningApp;
let controller: string;
let kubeconfig: string;

function explain(args: readonly string[], environment: Record<string, string> = {}): Promise<CliResult> {
  return runCli([explainCommand], ['explain', '--kubeconfig', kubeconfig, ...args], { environment });
}
const inShop = (...args: string[]) => explain(['-n', 'shop', ...args]);
const asked = (...args: string[]) => inShop('--controller', controller, ...args);

function file(name: string, content: object | string): string {
  const path = join(stage.folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const web = (spec: object) => ({
  apiVersion: 'setpoint.dev/v1alpha1',
  kind: 'ScaledTarget',
  metadata: { name: 'web' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    maxReplicas: 10,
    metrics: [CPU],
    initialization: { cpuInitializationPeriodSeconds: 0 },
    ...spec,
  },
});

beforeAll(async () => {
  stage = await RealTimeStage.open();
  kubeconfig = join(stage.folder, 'user');
  writeFileSync(kubeconfig, stage.cluster.kubeconfig());
  stage.installCrd();
  stage.deploy('web', 2);
  stage.work(1000);
  stage.scale('web', CPU);
  app = stage.start();
  controller = `http://127.0.0.1:${await app.pagePort}`;
  await stage.until('web has grown', () => stage.sizeOf('web') === 4);
  await stage.until('its status tells', () => stage.statusOf('web')['currentReplicas'] === 4);
}, 60_000);
afterAll(() => stage.close());

describe('with a controller', () => {
  it('says why, from its memory', async () => {
    const { exitCode, stdout, stderr } = await asked('web');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^shop\/web stays at 4 replicas: cpu 100% of target, within tolerance \(decided (just now|\d+ s ago), at /,
    );
    expect(stdout).toMatch(
      /\n {2}cpu asks for 4 replicas, the size it has: 50% against a target of 50% \(sample \d+ s old\)/,
    );
    expect(stdout).toContain('\n  It grows when cpu is above 55% (now 50%).\n');
    expect(stdout).toContain('\n  It shrinks when cpu is at 37% or less (now 50%).\n');
    expect(stdout).toMatch(/\nLast changes, the newest first:\n {2}\S+Z {2}\S.* ago +cpu 200% of target: 2 → 4\n/);
    expect(stdout).toContain(`\nTold by the controller (${controller}, version `);
  });

  it('takes st/NAME, and the controller from the environment', async () => {
    const { stdout } = await explain(['st/web', '-n', 'shop'], { SETPOINT_CONTROLLER: controller });
    expect(stdout).toContain('Told by the controller');
  });

  it('gives JSON', async () => {
    const { stdout } = await asked('web', '--output', 'json');
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual(['record', 'explanation', 'source', 'conditions', 'history']);
    expect(told).toMatchObject({
      record: { currentReplicas: 4, outcome: 'Unchanged' },
      source: { kind: 'controller' },
    });
    expect(told['history']).toMatchObject([{ from: 2, to: 4 }]);
  });

  it('tells what was in force before, from the journal', async () => {
    const [change] = (stage.statusOf('web')['history'] ?? []) as { time: string }[];
    const { exitCode, stdout } = await asked('web', '--at', change?.time ?? '');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('shop/web went from 2 to 4 replicas: cpu 200% of target (decided ');
    expect(stdout).toMatch(/^At \S+Z \(.*\), in force since \S+Z:\n\nshop/);
    expect(stdout).toContain('The proposal, of cpu, counts: 2 → 4.');
    expect(stdout).not.toContain('It grows');
  });

  it('says how far back is known', async () => {
    const { exitCode, stdout, stderr } = await asked('web', '--at', '-2h');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^setpoint explain: nothing is known of shop\/web at \S+Z \(2 h ago\): what is known begins at \S+Z, .* ago\n$/,
    );
  });

  it('compares with another spec on the same readings', async () => {
    const queue = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '5' } } };
    const quarter = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 25 } },
    };
    const other = file('other.json', web({ maxReplicas: 6, metrics: [quarter, queue] }));
    const { exitCode, stdout } = await asked('web', '--diff', other);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^shop\/web with 4 replicas, on what was read /);
    expect(stdout).toMatch(/bounds +1\.\.10 +1\.\.6 +differs\n/);
    expect(stdout).toMatch(/cpu: value +50% +50%\n/);
    expect(stdout).toMatch(/cpu: target +50% +25% +differs\n/);
    expect(stdout).toMatch(/cpu: asks for +4 +8 +differs\n/);
    expect(stdout).toMatch(/external\/queue: verdict +- +FailedGetExternalMetric +differs\n/);
    expect(stdout).toMatch(/size +4 +6 +differs\n/);
    expect(stdout).toContain('Also different: behavior, initialization.');
    expect(stdout).toContain('The windows of both hold what the spec in force recommended and wrote.');
    expect(stdout).toContain(
      'external/queue is not in the spec that is in force, so it was not read: it counts as missing, not as zero.',
    );
  });

  it('compares with an HPA, in JSON', async () => {
    const { spec } = web({});
    const hpa = file('hpa.yaml', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'x' },
      spec,
    });
    const { stdout } = await asked('web', '--diff', hpa, '-o', 'json');
    const told = JSON.parse(stdout) as { rows: { what: string; differs: boolean }[]; other: { record: object } };
    expect(told.rows.filter(({ differs }) => differs).map(({ what }) => what)).toContain('guards');
    expect(told.other.record).toMatchObject({ currentReplicas: 4, desiredReplicas: 4 });
  });

  it('goes on with --watch, and tells a new story once', async () => {
    const stop = new AbortController();
    const stdout = new PassThrough();
    const printed = text(stdout);
    let seen = '';
    stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const run = runProgram(
      { version: '0', commands: [explainCommand] },
      ['explain', '--kubeconfig', kubeconfig, '-n', 'shop', 'web', '--watch', '--controller', controller],
      {
        stdin: new PassThrough(),
        stdout,
        stderr: new PassThrough(),
        environment: {},
        signal: stop.signal,
      },
    );
    await stage.until('the first story', () => seen.includes('stays at 4 replicas'));
    stage.work(1500);
    await stage.until('the next story', () => /---[^]*6 replicas/.test(seen));
    stop.abort(new Error('SIGINT'));
    expect(await run).toBe(0);
    stdout.end();
    const stories = (await printed).split('\n---\n');
    expect(stories[0]).toContain('stays at 4 replicas: cpu 100% of target, within tolerance');
    expect(stories.slice(1).some((story) => /\n {2}\S+ +\S.* ago +cpu 150% of target: 4 → 6\n/.test(story))).toBe(true);
  });
});

describe('without one', () => {
  it('speaks from the status, and says why', async () => {
    const { exitCode, stdout } = await inShop('web');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^shop\/web (stays at|went from 4 to) 6 replicas/);
    // The lease names this process, which is no pod of the cluster.
    expect(stdout).toMatch(
      /Told from the status, which is written when something changes: values may be older\. The controller: port 8081 of pod setpoint-system\/\S+ did not answer: pods /,
    );
  });

  it('after its end: a refused connection is no fault, but what needs its memory is', async () => {
    await app.stop();
    const { exitCode, stdout } = await asked('web');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Told from the status.* did not answer: .*ECONNREFUSED/);
    const diff = await asked('web', '--diff', file('same.json', web({})));
    expect([diff.exitCode, diff.stdout]).toEqual([1, '']);
    expect(diff.stderr).toMatch(
      /^setpoint explain: --diff: .* did not answer: .*; the readings are in the memory of the controller that leads: .*pods\/portforward/,
    );
    const { stdout: before } = await inShop('web', '--controller', 'none', '--at', '-0s');
    expect(before).toMatch(/6 replicas/);
    const [first] = (stage.statusOf('web')['history'] ?? []) as { time: string }[];
    const { stdout: change } = await inShop('web', '--controller', 'none', '--at', first?.time ?? '');
    expect(change).toContain('shop/web had 4 replicas, since a change from 2: cpu 200% of target: 2 → 4.');
  });

  it('says so where nothing was decided yet', async () => {
    stage.scale('lost', CPU);
    const { exitCode, stdout } = await inShop('lost', '--controller', 'none');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('shop/lost: nothing was decided yet.');
    const at = await inShop('lost', '--controller', 'none', '--at', '-1m');
    expect([at.exitCode, at.stderr]).toEqual([1, expect.stringContaining('nothing was decided yet')]);
  });
});

describe('what is wrong is one line', () => {
  const refusal = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await explain(args);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return { exitCode, line: stderr.trimEnd() };
  };

  it('no such target', async () => {
    expect(await refusal(['-n', 'shop', 'wev'])).toEqual({
      exitCode: 1,
      line: 'setpoint explain: there is no ScaledTarget shop/wev: kubectl get st -A lists them, -n says the namespace',
    });
  });

  it('no permission', async () => {
    stage.cluster.apiServer.addUser('nobody', { user: 'nobody', groups: [] });
    const config = file('nobody', stage.cluster.kubeconfig('nobody'));
    const { exitCode, stderr } = await runCli(
      [explainCommand],
      ['explain', 'web', '-n', 'shop', '--kubeconfig', config],
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'the ScaledTarget shop/web may not be read: ask for the verb get on scaledtargets in the group setpoint.dev',
    );
  });

  it.each([
    [['web', '--at', '25:00'], '--at is "25:00": give a time such as'],
    [['web', '--at', '2999-01-01T00:00:00Z'], '--at is "2999-01-01T00:00:00Z", which is in the future'],
    [['Web'], '"Web" is no name: give that of a ScaledTarget'],
    [['deploy/web'], '"deploy/web" is no ScaledTarget: give its name, or st/NAME'],
    [['web', '--namespace', 'a/b'], '--namespace is "a/b": give the name of a namespace'],
    [['web', '--output', 'yaml'], '--output is "yaml": give text or json'],
    [['web', '--watch', '--at', '-5m'], '--watch and --at exclude each other'],
    [['web', '--controller', 'ftp://x'], '--controller is "ftp://x": give a URL'],
    [[], 'which ScaledTarget? Give its name'],
    [['web', '--context', 'other'], 'other'],
  ])('%j', async (args, words) => {
    const { exitCode, line } = await refusal(args);
    expect(exitCode).toBe(2);
    expect(line).toContain(words);
  });

  it('a file that holds no spec, a wrong one, or none at all', async () => {
    const wrong = file('wrong.yaml', web({ minReplicas: 12 }));
    const service = file('service.yaml', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } });
    const cases: [string, RegExp][] = [
      [wrong, /--diff: .*wrong\.yaml, document 1, line 1: .*minReplicas/],
      [service, /--diff: .*service\.yaml holds neither a ScaledTarget nor a HorizontalPodAutoscaler/],
      [join(stage.folder, 'nowhere.yaml'), /--diff: .*nowhere\.yaml/],
    ];
    for (const [path, words] of cases) {
      const { exitCode, line } = await refusal(['web', '--diff', path]);
      expect(exitCode).toBe(2);
      expect(line).toMatch(words);
    }
  });

  it('no CRD', async () => {
    stage.cluster.store.delete('customresourcedefinitions.apiextensions.k8s.io', '', 'scaledtargets.setpoint.dev');
    await stage.until('the kind is gone', async () => (await inShop('web')).stderr !== '');
    expect(await refusal(['web', '-n', 'shop'])).toEqual({
      exitCode: 1,
      line: 'setpoint explain: this cluster knows no ScaledTargets: install the CRD (setpoint crd | kubectl apply -f -)',
    });
  });
});
