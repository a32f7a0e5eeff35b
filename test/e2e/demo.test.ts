// The demo as a user runs it: with a Prometheus, with a file of one's own, and interrupted. It leaves no process behind.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findPrometheus, HOW_TO_GET_PROMETHEUS } from '../../scripts/demo/prometheus.ts';
import { type Demo, leftBehind, ROOT, removeTemporary, startDemo } from '../support/demo-process.ts';
import { until } from '../support/process-cluster.ts';

afterAll(removeTemporary);

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
