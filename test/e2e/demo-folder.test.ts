// The demo with a folder of files: an app whose script comes from a ConfigMap, and a Job that is the load.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { leftBehind, ROOT, removeTemporary, startDemo, TEMPORARY } from '../support/demo-process.ts';

afterAll(removeTemporary);

describe('npm run demo -- -f FOLDER', () => {
  it('its app comes from a ConfigMap, its Job is the load, and what was seen is recorded', async () => {
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

  it('a Job that fails ends it, with its last lines', async () => {
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
});
