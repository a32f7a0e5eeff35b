// Who may import whom: the folder tree is the architecture, and this test keeps it so.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** Folder → folders or files of ours that it may import (a trailing `.ts` names one file). */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  api: ['base'],
  decide: ['api', 'base'],
  sources: ['api', 'base', 'decide/types.ts'],
  leader: ['base'],
  record: ['api', 'base', 'decide'],
  controller: ['api', 'base', 'decide', 'record', 'sources/source.ts'],
  kube: [
    'api',
    'base',
    'decide/types.ts',
    'controller/ports.ts',
    'record/events.ts',
    'sources/source.ts',
    'sources/resource.ts',
    'sources/custom.ts',
    'sources/external.ts',
    'leader/lease-store.ts',
    'server/access.ts',
  ],
  server: ['api', 'base', 'record'],
  simulator: ['api', 'base', 'decide', 'record'],
  localcluster: ['base'],
  cli: [
    'api',
    'base',
    'decide',
    'sources',
    'kube',
    'leader',
    'record',
    'controller',
    'server',
    'simulator',
    'app.ts',
    'option-table.ts',
    'option-values.ts',
    'options.ts',
  ],
  'option-values.ts': ['base', 'sources'],
  'option-table.ts': ['option-values.ts'],
  'options.ts': ['base', 'decide/types.ts', 'option-table.ts', 'option-values.ts'],
  'app.ts': [
    'api',
    'base',
    'decide',
    'sources',
    'kube',
    'leader',
    'record',
    'controller',
    'server',
    'options.ts',
    'page.ts',
  ],
  'page.ts': ['base', 'kube', 'record', 'server', 'options.ts'],
  'main.ts': ['cli'],
};

/** Imports that may only be of types. */
const TYPES_ONLY: readonly [from: string, to: string][] = [
  ['sources', 'decide'],
  ['kube', 'controller'],
  ['kube', 'sources'],
  ['kube', 'leader'],
  ['kube', 'record'],
  ['kube', 'decide'],
  ['kube', 'server'],
];

/** The page runs in a browser: of the rest it takes types alone. */
const PAGE = 'server/page';

/** Package → the only places that may import it. */
const ONLY_IN: Record<string, readonly string[]> = {
  '@kubernetes/client-node': ['kube'],
  'prom-client': ['record/metrics.ts', 'record/metrics'],
  '@opentelemetry/api': ['base/open-telemetry.ts'],
  axios: ['sources/http-client.ts'],
  hono: ['server'],
  '@hono/node-server': ['server'],
  commander: ['cli'],
  '@marcbachmann/cel-js': ['localcluster'],
  preact: [PAGE],
  uplot: [PAGE],
};

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(/^(import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/gms)) {
    found.push({ specifier: match[3] ?? '', typeOnly: match[2] !== undefined });
  }
  for (const match of text.matchAll(/^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm)) {
    found.push({ specifier: match[1] ?? match[2] ?? '', typeOnly: false });
  }
  return found;
}

const isOfPage = (path: string): boolean => path.startsWith(`${PAGE}/`);
const roomOf = (path: string): string => path.split('/')[0] ?? '';
const files = filesUnder(SRC).map((file) => {
  const text = readFileSync(file, 'utf8');
  return {
    path: relative(SRC, file),
    text,
    code: text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
    imports: importsOf(text),
  };
});

describe('direction of imports', () => {
  it('knows every room of src', () => {
    expect(files.map((file) => roomOf(file.path)).filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it.each(files.map((file) => [file.path, file] as const))('%s', (path, file) => {
    const room = roomOf(path);
    const allowed = MAY_IMPORT[room] ?? [];
    const faults: string[] = [];
    for (const { specifier, typeOnly } of file.imports) {
      if (!specifier.startsWith('.')) {
        const places = Object.entries(ONLY_IN).find(
          ([name]) => specifier === name || specifier.startsWith(`${name}/`),
        )?.[1];
        if (places && !places.some((place) => path === place || path.startsWith(`${place}/`)))
          faults.push(`package ${specifier}`);
        if (isOfPage(path) && !places?.includes(PAGE)) faults.push(`not for a browser: ${specifier}`);
        if (room === 'decide') faults.push(`decide imports a package: ${specifier}`);
        continue;
      }
      const to = relative(SRC, resolve(dirname(join(SRC, path)), specifier));
      if (isOfPage(path) !== isOfPage(to) && !typeOnly) {
        faults.push(`between the page and the rest only types may be imported: ${to}`);
      }
      if (roomOf(to) === room) continue;
      if (!allowed.some((place) => to === place || to.startsWith(`${place}/`)))
        faults.push(`${room} may not import ${to}`);
      if (!typeOnly && TYPES_ONLY.some(([from, target]) => from === room && to.startsWith(`${target}/`))) {
        faults.push(`only types of ${to}: use \`import type\``);
      }
    }
    expect(faults).toEqual([]);
  });
});

describe('what only the edge may touch', () => {
  const rules: readonly [what: string, pattern: RegExp, places: readonly string[]][] = [
    ['the process environment', /process\.env\b/, ['options.ts', 'localcluster']],
    ['arguments and standard output', /process\.(argv|stdout|stderr)\b/, ['cli', 'main.ts']],
    ['ending the process', /process\.exit\(/, ['main.ts', 'cli/main.ts', 'localcluster/kubelet']],
    [
      'the real clock',
      /\bDate\.now\(|\bperformance\.now\(|\bnew Date\(\)/,
      ['base/clock.ts', 'localcluster', 'server/page/browser.ts'],
    ],
    ['timers', /\bset(Timeout|Interval)\(/, ['base/clock.ts', 'localcluster', 'server/page/browser.ts']],
    ['the storage of browsers', /\b(local|session)Storage\b/, ['server/page/browser.ts']],
    ['markup as text', /dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML/, []],
    ['randomness', /\bMath\.random\(/, ['base/random.ts', 'localcluster']],
  ];
  it.each(rules)('%s', (_what, pattern, places) => {
    const faults = files
      .filter((file) => pattern.test(file.code))
      .map((file) => file.path)
      .filter((path) => !places.some((place) => path === place || path.startsWith(`${place}/`)));
    expect(faults).toEqual([]);
  });

  it('decide waits for nothing', () => {
    const faults = files.filter(
      (file) => file.path.startsWith('decide/') && /\b(async|await|Promise)\b/.test(file.code),
    );
    expect(faults.map((file) => file.path)).toEqual([]);
  });
});

describe('words', () => {
  it('has no drawers for everything', () => {
    expect(
      files.map((file) => file.path).filter((path) => /(^|\/)(utils?|helpers?|common|misc|index)(\/|\.ts$)/.test(path)),
    ).toEqual(files.map((file) => file.path).filter((path) => path === 'cli/commands/index.ts'));
  });
});
