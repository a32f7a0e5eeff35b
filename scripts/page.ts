// How src/server/page becomes the files in dist/page that the controller serves: index.html, which names the others, and those under
// names with a hash of what is in them, so that they may be cached for ever. No inline script or style, no file from elsewhere.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const ROOT = new URL('..', import.meta.url).pathname;
const SOURCE = 'src/server/page';

const OPTIONS = {
  absWorkingDir: ROOT,
  entryPoints: { page: `${SOURCE}/main.tsx`, theme: `${SOURCE}/theme.ts` },
  bundle: true,
  platform: 'browser',
  format: 'iife',
  // Two years of browsers.
  target: ['chrome120', 'firefox121', 'safari17.2'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  tsconfigRaw: {},
  minify: true,
  // The licences of what is bundled stay in it.
  legalComments: 'eof',
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.svg': 'file' },
  metafile: true,
  write: false,
} as const satisfies BuildOptions;

export interface PageFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

/** The files of the page, index.html first. */
export async function buildPage(): Promise<readonly PageFile[]> {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: { ...OPTIONS.entryPoints, icon: `${SOURCE}/icon.svg` },
    target: [...OPTIONS.target],
    outdir: 'dist/page',
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const html = await readFile(join(ROOT, SOURCE, 'index.html'), 'utf8');
  const named = html.replace(/\{\{(\w+)\.(\w+)\}\}/g, (_, name: string, kind: string) => {
    const file = files.find((one) => one.name.startsWith(`${name}-`) && one.name.endsWith(`.${kind}`));
    if (!file) throw new Error(`index.html names ${name}.${kind}, which was not built`);
    return file.name;
  });
  const used = files.filter(({ name }) => named.includes(name));
  return [{ name: 'index.html', contents: new TextEncoder().encode(named) }, ...used];
}

/** Writes them into `folder`, index.html last, and takes away what is not one of them: whoever reads meanwhile finds a whole page. */
export async function writePage(folder: string): Promise<readonly PageFile[]> {
  const files = await buildPage();
  await mkdir(folder, { recursive: true });
  for (const { name, contents } of files.toReversed()) await writeFile(join(folder, name), contents);
  const names = new Set(files.map(({ name }) => name));
  for (const name of await readdir(folder)) if (!names.has(name)) await rm(join(folder, name), { recursive: true });
  return files;
}
