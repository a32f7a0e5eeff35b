// What goes into the bundle that the image runs: the product and its dependencies, and of these no more than is used. And what
// of it the commands load.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';

const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  devDependencies: Record<string, string>;
};

describe('the bundle of the controller', async () => {
  const { metafile, warnings } = await bundle(undefined, 'controller');
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

describe('the bundle of the command line', async () => {
  const { metafile, warnings } = await bundle(undefined, 'setpoint');
  const files = new Map(Object.entries(metafile.outputs));

  /** Everything that is loaded with a file: its sources and those of the files it imports, dynamic imports left out. */
  function loadedWith(file: string, known = new Set<string>()): string[] {
    const output = files.get(file);
    if (output === undefined || known.has(file)) return [];
    known.add(file);
    const imported = output.imports.filter(({ kind }) => kind !== 'dynamic-import');
    return [...Object.keys(output.inputs), ...imported.flatMap(({ path }) => loadedWith(path, known))];
  }
  const fileOf = (source: string) => [...files].find(([, { entryPoint }]) => entryPoint === source)?.[0] ?? '';
  const packagesOf = (paths: readonly string[]) =>
    new Set(paths.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));

  it('starts with nothing but the parser of the command line', () => {
    expect(warnings).toEqual([]);
    const paths = loadedWith(fileOf('src/cli/main.ts'));
    expect(paths).toContain('src/cli/commands/decide.ts');
    expect(packagesOf(paths)).toEqual(new Set(['commander']));
  });

  it('decides situations with our own code alone', () => {
    const paths = loadedWith(fileOf('src/cli/situations/answer-all.ts'));
    expect(paths).toContain('src/decide/decide.ts');
    expect(packagesOf(paths)).toEqual(new Set());
  });
});
