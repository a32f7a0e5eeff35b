// The running HPA program: answers in order, and a death that is told. A small script stands in for the program.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readBranches } from './branches.ts';
import { HpaProcess } from './hpa-process.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Starts a script in place of the program. */
function start(script: string): { readonly hpa: HpaProcess; readonly profile: string } {
  const folder = mkdtempSync(join(tmpdir(), 'parity-'));
  folders.push(folder);
  const path = join(folder, 'program');
  const profile = join(folder, 'profile');
  writeFileSync(path, `#!${process.execPath}\n${script}`, { mode: 0o755 });
  return { hpa: new HpaProcess({ path, version: 'v0', controllerFolder: folder }, profile), profile };
}

const ECHO = `
const profile = process.argv.find((one) => one.startsWith('-test.coverprofile=')).split('=')[1];
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => console.log('{"echo":' + line + '}'))
  .on('close', () => { require('node:fs').writeFileSync(profile, 'mode: count'); console.log('PASS'); });
`;

describe('the HPA program', () => {
  it('answers batches in order, and leaves its profile when it is closed', async () => {
    const { hpa, profile } = start(ECHO);
    const [first, second] = await Promise.all([hpa.answers(['1', '2']), hpa.answers(['3'])]);
    expect(first).toEqual(['{"echo":1}', '{"echo":2}']);
    expect(second).toEqual(['{"echo":3}']);
    await hpa.close();
    expect(readFileSync(profile, 'utf8')).toBe('mode: count');
  });

  it('that dies fails what was asked, with its last words', async () => {
    const { hpa } = start(
      `process.stderr.write('out of luck'); process.exitCode = 3; process.stdin.once('data', () => process.exit(3));`,
    );
    await expect(hpa.answers(['1'])).rejects.toThrow('the HPA program ended with 3: out of luck');
    await expect(hpa.close()).rejects.toThrow('ended with 3');
  });
});

describe('branches', () => {
  it('are read from the profile without our own files and what is out of reach', () => {
    const profile = [
      'mode: count',
      'setpoint.dev/parity/watched/horizontal.go:143.25,197.2 14 0',
      'setpoint.dev/parity/watched/horizontal.go:933.27,935.5 1 7',
      'setpoint.dev/parity/watched/entry.go:20.1,22.2 3 0',
      'k8s.io/kubernetes/pkg/controller/podautoscaler/metrics/utilization.go:30.1,33.2 2 0',
    ].join('\n');
    expect(readBranches(profile)).toEqual([
      { place: 'horizontal.go:933', count: 7 },
      { place: 'utilization.go:30', count: 0 },
    ]);
    expect(() => readBranches('mode: count\n')).toThrow('holds no branch');
  });
});
