import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../../src/base/version.ts';
import { crdCommand } from '../../../src/cli/commands/crd.ts';
import { runCli } from '../../support/run-cli.ts';

const root = join(import.meta.dirname, '../../..');

describe('setpoint crd', () => {
  it('prints the file under crds/', async () => {
    const { exitCode, stdout } = await runCli([crdCommand], ['crd']);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(readFileSync(join(root, 'crds/scaledtargets.yaml'), 'utf8'));
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(VERSION).toBe(manifest.version);
  });
});
