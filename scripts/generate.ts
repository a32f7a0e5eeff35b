// Writes every file that comes from code: `node scripts/generate.ts`. With --check it writes nothing, names what is out of date
// and exits 1. Another generated file is one more entry in the list.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCrd } from '../src/api/crd-yaml.ts';
import { renderReference } from '../src/api/reference.ts';
import { renderPrometheusRule } from './alerts.ts';
import { builtinTypesText } from './generate-builtin-types.ts';
import { renderDashboard } from './grafana/dashboard.ts';
import { overview } from './grafana/overview.ts';
import { target } from './grafana/target.ts';
import { renderPicture } from './pictures.ts';
import { renderRbacYaml } from './rbac.ts';
import { renderCliPage, renderMetricsPage, renderReasonsPage } from './reference.ts';
import { scenarioPages } from './scenarios/pages.ts';

interface Generated {
  /** From the root of the repository. */
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

const GENERATED: readonly Generated[] = [
  { path: 'crds/scaledtargets.yaml', render: renderCrd },
  // A copy: kustomize takes no file from outside its folder.
  { path: 'deploy/base/scaledtargets.yaml', render: renderCrd },
  { path: 'deploy/alerts/prometheusrule.yaml', render: renderPrometheusRule },
  { path: 'deploy/base/rbac.yaml', render: renderRbacYaml },
  { path: 'deploy/grafana/overview.json', render: () => renderDashboard(overview()) },
  { path: 'deploy/grafana/target.json', render: () => renderDashboard(target()) },
  { path: 'docs/img/dashboard-overview.svg', render: () => renderPicture('overview') },
  { path: 'docs/img/dashboard-target.svg', render: () => renderPicture('target') },
  { path: 'docs/reference/scaledtarget.md', render: renderReference },
  { path: 'docs/reference/cli.md', render: renderCliPage },
  { path: 'docs/reference/metrics.md', render: renderMetricsPage },
  { path: 'docs/reference/reasons.md', render: renderReasonsPage },
  { path: 'src/localcluster/schema/builtin-types.json', render: builtinTypesText },
  ...scenarioPages(),
];

const root = join(import.meta.dirname, '..');

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const rendered = await Promise.all(GENERATED.map(async ({ path, render }) => ({ path, text: await render() })));
const stale = rendered.filter(({ path, text }) => current(path) !== text);

if (process.argv.includes('--check')) {
  for (const { path } of stale) console.error(`${path} is out of date: run npm run generate`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
