// The demo as a user runs it: with a Prometheus, with a file of one's own, and interrupted. It leaves no process behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findPrometheus, HOW_TO_GET_PROMETHEUS } from '../../scripts/demo/prometheus.ts';
import { until } from '../support/process-cluster.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Of these demos alone, and handed on to all that they start: other clusters on this machine are not looked at. */
const TEMPORARY = mkdtempSync(join(tmpdir(), 'setpoint-demo-test-'));

afterAll(() => rm(TEMPORARY, { recursive: true, force: true }));

interface Demo {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | string>;
}

function startDemo(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Demo {
  const child = spawn(process.execPath, ['scripts/demo/main.ts', ...args], {
    cwd: ROOT,
    env: { ...environment, TMPDIR: TEMPORARY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  }
  return {
    child,
    output: () => text,
    ended: once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string),
  };
}

/** Processes that a demo started. */
async function leftBehind(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [environment, command] = await Promise.all(
      ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    if (environment?.includes(`TMPDIR=${TEMPORARY}\0`)) found.push(`${pid} ${command?.replaceAll('\0', ' ')}`);
  }
  return found;
}

const scaling = (demo: Demo) => () => /^time .*\n(.*\n)*0:05/m.test(demo.output());

describe('npm run demo', () => {
  it('with a Prometheus: scales one service by cpu and one by request rate, out and back in', async () => {
    if (findPrometheus(process.env) === undefined) throw new Error(`no Prometheus: ${HOW_TO_GET_PROMETHEUS}`);
    const demo = startDemo(['--duration', '110']);
    const code = await demo.ended;
    expect(demo.output()).toContain('web: scaled out and back in');
    expect(demo.output()).toContain('api: scaled out and back in');
    expect(demo.output()).toMatch(/web\s+▲ 2 → \d+ {2}cpu \d+% of target/);
    expect(code).toBe(0);
    expect(await leftBehind()).toEqual([]);
  });

  it('with a file: lasts as long as its window asks for, and fails when the size never moved', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-demo-test-'));
    const file = join(folder, 'mine.yaml');
    const own = await readFile(join(ROOT, 'examples/demo/web.yaml'), 'utf8');
    const [, , scaledTarget = ''] = own.split('---\n');
    await writeFile(
      file,
      scaledTarget.replace('maxReplicas: 12', 'maxReplicas: 2').replace('Seconds: 30', 'Seconds: 5'),
    );
    const demo = startDemo(['-f', file, '--load', '5:5,10:30,10:5']);
    expect(await demo.ended).toBe(1);
    // 5 s of window and 45 s for the last decision take the place of the 10 s asked for.
    expect(demo.output()).toContain('5/s for 50 s');
    expect(demo.output()).toContain('web: did not scale out');
    await rm(folder, { recursive: true });
  });

  it('with a folder: its app comes from a ConfigMap, its Job is the load, and what was seen is recorded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-demo-test-'));
    const record = join(folder, 'seen.json');
    // Short; but after the storm as long as the file's window of a minute asks for.
    const demo = startDemo(['-f', 'examples/load-test/', '--load', '10:8,40:40,20:8', '--record', record]);
    const code = await demo.ended;
    const output = demo.output();
    expect(output).toContain('by the Job load: 8/s for 10 s, 40/s for 40 s, 8/s for 105 s');
    expect(output).toMatch(/Left out: .*servicemonitor/);
    expect(output).toContain('web: scaled out and back in');
    expect(output).toMatch(/load: in all: sent \d+, answered \d+, failed \d+/);
    expect(code).toBe(0);
    const { stages, targets } = JSON.parse(await readFile(record, 'utf8')) as {
      stages: { rate: number }[];
      targets: { name: string; points: { load: number; size: number; ready: number; wanted: number }[] }[];
    };
    expect(stages.map(({ rate }) => rate)).toEqual([8, 40, 8]);
    expect(targets.map(({ name }) => name)).toEqual(['web']);
    const points = targets[0]?.points ?? [];
    expect(points.length).toBeGreaterThan(140);
    expect(Math.max(...points.map(({ ready }) => ready))).toBe(Math.max(...points.map(({ size }) => size)));
    expect(await leftBehind()).toEqual([]);
    expect(await readdir(TEMPORARY)).toEqual([]);
    await rm(folder, { recursive: true });
  }, 480_000);

  it('with a folder: a Job that fails ends it, with its last lines', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-demo-test-'));
    const web = await readFile(join(ROOT, 'examples/demo/web.yaml'), 'utf8');
    const containers = '[{name: main, image: node:24-slim, command: [sh, -c, "echo no target; exit 3"]}]';
    const job = `{apiVersion: batch/v1, kind: Job, metadata: {name: load}, spec: {backoffLimit: 0, template: {spec: {
      restartPolicy: Never, containers: ${containers}}}}}`;
    await writeFile(join(folder, '10-web.yaml'), web);
    await writeFile(join(folder, '20-load.yaml'), job);
    const demo = startDemo(['-f', folder]);
    expect(await demo.ended).toBe(1);
    expect(demo.output()).toContain('the Job load failed: Job has reached the specified backoff limit\nno target');
    expect(await leftBehind()).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it.each([
    ['a flag', ['--duration', 'long'], 2, '--duration: "long"'],
    ['a flag', ['--lod', '1:1'], 2, '--lod'],
    ['a file', ['-f', 'nowhere.yaml'], 1, 'nowhere.yaml: cannot be read'],
  ])('names what is wrong with %s in one line', async (_what, args, code, line) => {
    const demo = startDemo(args);
    expect(await demo.ended).toBe(code);
    expect(demo.output()).toContain(line);
    expect(demo.output().trim().split('\n')).toHaveLength(1);
  });

  it('Ctrl-C ends it and everything it started', async () => {
    const demo = startDemo(['--duration', '60']);
    await until(scaling(demo), 'the load runs', 60_000);
    expect((await leftBehind()).length).toBeGreaterThan(3);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(130);
    expect(await leftBehind()).toEqual([]);
  });

  it('Ctrl-C while it starts', async () => {
    const demo = startDemo(['--duration', '60']);
    await until(() => demo.output().includes('Starting'), 'it starts', 30_000);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(130);
    expect(await leftBehind()).toEqual([]);
  });

  it('killed with SIGKILL, it still leaves nothing', async () => {
    const demo = startDemo(['--duration', '60']);
    await until(scaling(demo), 'the load runs', 60_000);
    demo.child.kill('SIGKILL');
    expect(await demo.ended).toBe('SIGKILL');
    await until(async () => (await leftBehind()).length === 0, 'nothing is left', 10_000);
  });
});
