import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/commands/run.ts';
import { OPTION_TABLE } from '../../../src/option-table.ts';
import { runCli } from '../../support/run-cli.ts';

describe('setpoint run', () => {
  it('--help says meaning, default, unit and variable of each option', async () => {
    const { exitCode, stdout } = await runCli([runCommand], ['run', '--help']);
    expect(exitCode).toBe(0);
    const text = stdout.replace(/\s+/g, ' ');
    for (const row of OPTION_TABLE) {
      expect(text).toContain(row.flag);
      expect(text).toContain(row.meaning);
      expect(text).toContain(`env: ${row.env}`);
      expect(text).toContain(`default: ${row.default ?? row.unset}`);
    }
  });

  it('tells all faults at once, of flags, variables and the sources file, each in a line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-run-'));
    const config = join(folder, 'sources.yaml');
    await writeFile(
      config,
      'prometheus:\n  - name: main\n    url: ftp://nowhere\n  - name: main\n    url: http://127.0.0.1:9090\n',
    );
    const { exitCode, stdout, stderr } = await runCli(
      [runCommand],
      ['run', '--port', 'abc', '--lease-duration', '5s', '--config', config],
      { environment: { SETPOINT_QPS: 'fast' } },
    );
    await rm(folder, { recursive: true });
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    const lines = stderr.trimEnd().split('\n');
    for (const part of ['--port is "abc"', 'SETPOINT_QPS is "fast"', '--lease-duration', 'ftp', 'main']) {
      expect(
        lines.filter((line) => line.startsWith('setpoint run: ') && line.includes(part)).length,
        part,
      ).toBeGreaterThan(0);
    }
  });

  it('says which file is missing, and what to give instead', async () => {
    const { exitCode, stdout } = await runCli(
      [runCommand],
      ['run', '--kubeconfig', '/nowhere/kubeconfig', '--port', '0'],
    );
    expect(exitCode).toBe(2);
    expect(stdout).toContain(
      'kubeconfig /nowhere/kubeconfig cannot be read (ENOENT): give an existing file with --kubeconfig',
    );
  });
});
