// What goes into the bundle that the image runs: the product and its dependencies, and of these no more than is used.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundle, ENTRIES } from '../../scripts/bundle.ts';

const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  devDependencies: Record<string, string>;
};

describe('the bundle of the controller', async () => {
  const { metafile, warnings } = await bundle(undefined, { controller: ENTRIES.controller });
  const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith('controller.js'))?.[1];
  const inputs = Object.entries(output?.inputs ?? {});
  const paths = inputs.map(([path]) => path);

  it('is one file without warnings', () => {
    expect(warnings).toEqual([]);
    expect(output?.imports.filter(({ external }) => external !== true)).toEqual([]);
    expect(paths).toContain('src/app.ts');
    expect(paths).toContain('src/decide/decide.ts');
  });

  it('holds nothing of the local cluster, the scripts, the tests or the tools', () => {
    expect(paths.filter((path) => /^(?:src\/localcluster|scripts|test|examples)\//.test(path))).toEqual([]);
    const tools = Object.keys(devDependencies).map((name) => `node_modules/${name}/`);
    expect(paths.filter((path) => tools.some((tool) => path.includes(tool)))).toEqual([]);
  });

  it('leaves out what costs memory and is never reached', () => {
    const bytesOf = (part: string) =>
      inputs.filter(([path]) => path.includes(part)).reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    expect(bytesOf('client-node/dist/gen/')).toBeLessThan(1_000);
    expect(bytesOf('undici/lib/mock/')).toBe(0);
    expect(bytesOf('undici/lib/web/websocket/')).toBe(0);
    expect(bytesOf('zod/v4/locales/')).toBeLessThan(10_000);
    expect(bytesOf('mime-db')).toBe(0);
    expect(output?.bytes).toBeLessThan(1_700_000);
  });
});
