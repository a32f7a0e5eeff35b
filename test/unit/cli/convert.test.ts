// `setpoint convert`: what goes in and comes out, what is told and where, exit codes. That conversions mean the same is in
// convert-round-trip.test.ts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { GUARDS } from '../../../src/api/reasons.ts';
import { convertCommand } from '../../../src/cli/commands/convert.ts';
import { runCli } from '../../support/run-cli.ts';

const convert = (args: readonly string[], stdin?: string) =>
  runCli([convertCommand], ['convert', ...args], stdin === undefined ? {} : { stdin });
const fromText = (stdin: string, ...args: string[]) => convert(['-f', '-', ...args], stdin);

type Changes = Readonly<Record<string, unknown>>;

function hpa({
  spec = {},
  metadata = {},
  ...changes
}: {
  spec?: Changes;
  metadata?: Changes;
  apiVersion?: string;
} = {}) {
  const object = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 10, ...spec },
    ...changes,
  };
  return stringify(object, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
}
const cpu = (target: Changes) => ({ type: 'Resource', resource: { name: 'cpu', target } });
const pods = (target: Changes) => ({ type: 'Pods', pods: { metric: { name: 'rps' }, target } });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'setpoint-convert-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('what is printed', () => {
  it('is the ScaledTarget, with what is different above it and on standard error', async () => {
    const given = hpa({
      spec: { behavior: { scaleUp: { tolerance: 0.05 } } },
      metadata: { uid: 'u', resourceVersion: '7' },
    });
    const { exitCode, stdout, stderr } = await fromText(given);
    expect(exitCode).toBe(0);
    expect(
      stdout,
    ).toBe(`# From standard input, document 1, line 1: HorizontalPodAutoscaler shop/web (autoscaling/v2) → ScaledTarget shop/web
# - guards: Disabled decides as the HPA does, number for number; --guards adds what keeps it from known mistakes.
# - No metric is given: that is cpu at 80 % of the request, for a ScaledTarget as for an HPA.
# - spec.behavior.scaleUp.tolerance: 0.05 is written in quotes: a custom resource takes it as a text only.
# - Left out: metadata.uid, metadata.resourceVersion.
# - Next: apply this; while the HPA is there it reports Conflict, shows the size that it would take, and writes nothing. Delete the HPA last: kubectl delete hpa web -n shop. The ScaledTarget goes on from the size that it finds.
apiVersion: setpoint.dev/v1alpha1
kind: ScaledTarget
metadata:
  name: web
  namespace: shop
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  maxReplicas: 10
  behavior:
    scaleUp:
      tolerance: "0.05"
  guards: Disabled
`);
    const comments = stdout.split('\n').filter((line) => line.startsWith('# - '));
    for (const comment of comments) expect(stderr).toContain(`  ${comment.slice(2)}\n`);
    expect(stderr).toContain('1 converted. If your controller manager has --horizontal-pod-autoscaler-* flags');
  });

  it('has guards when asked to, each by its name', async () => {
    const { stdout, stderr } = await fromText(hpa(), '--guards');
    expect(parse(stdout)).toMatchObject({ spec: { guards: 'Enabled' } });
    for (const guard of GUARDS) expect(stderr).toContain(guard);
  });

  it('takes no field of ours out of an HPA, which has none', async () => {
    const { stdout, stderr } = await fromText(hpa({ spec: { guards: 'Enabled', mode: 'Recommend', colour: 'red' } }));
    expect(parse(stdout)).toHaveProperty('spec.guards', 'Disabled');
    expect(parse(stdout)).not.toHaveProperty('spec.mode');
    expect(stderr).toContain(
      'spec.guards, spec.mode, spec.colour are not known in autoscaling/v2, so that the HPA goes without: they are left out.',
    );
  });

  it('reads alike for old and new readers of YAML', async () => {
    const labels = { a: '1e3', b: 'on', c: '010', d: '1_000', e: '2026-01-01', f: '~', g: '1:30', h: 'no', i: '0o7' };
    const { stdout } = await fromText(hpa({ metadata: { labels } }));
    for (const version of ['1.1', '1.2'] as const)
      expect(parse(stdout, { version })).toMatchObject({ metadata: { labels } });
  });

  it('is JSON when asked for: an object, or a List of several', async () => {
    const one = JSON.parse((await fromText(hpa(), '--output', 'json')).stdout) as unknown;
    expect(one).toMatchObject({ kind: 'ScaledTarget', metadata: { name: 'web' }, spec: { guards: 'Disabled' } });
    const text = [hpa(), hpa({ metadata: { name: 'api' } })].join('---\n');
    const { stdout, stderr } = await fromText(text, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'List',
      items: [{ metadata: { name: 'web' } }, { metadata: { name: 'api' } }],
    });
    expect(stderr).toContain('2 converted');
  });

  it('says who makes the HPA again, and who takes the object for its own', async () => {
    const metadata = {
      ownerReferences: [{ kind: 'ScaledObject', name: 'web-so' }],
      annotations: { 'argocd.argoproj.io/tracking-id': 'shop:x' },
    };
    const { stderr } = await fromText(hpa({ metadata }));
    expect(stderr).toContain('The HPA belongs to ScaledObject web-so, which makes it again when it is deleted');
    expect(stderr).toContain('argocd.argoproj.io/tracking-id is kept, by which Argo CD takes the object for its own');
  });

  it('is brought to the cluster and followed by what works where the name is yet to be generated', async () => {
    const { stdout, stderr } = await fromText(hpa({ metadata: { name: undefined, generateName: 'web-' } }));
    expect(parse(stdout)).toMatchObject({ metadata: { generateName: 'web-', namespace: 'shop' } });
    expect(stderr).toContain('Next: kubectl create this, which gives it a name; while the HPA is there');
    expect(stderr).toContain('kubectl delete hpa NAME -n shop.');
  });

  it('says when two of them scale one workload', async () => {
    const { stderr, exitCode } = await fromText(`${hpa()}---\n${hpa({ metadata: { name: 'twin' } })}`);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('shop/web, shop/twin scale the same workload: only the oldest will act');
  });

  it('keeps names from ending a comment', async () => {
    const { stdout } = await fromText(hpa({ metadata: { 'x\nspec: {}': 1 } }));
    expect(parseAllDocuments(stdout)).toHaveLength(1);
    expect(parse(stdout)).toMatchObject({ spec: { maxReplicas: 10 } });
  });
});

describe('what goes in', () => {
  it('is files, directories and standard input, in the order given', async () => {
    const one = file('one.yaml', hpa({ metadata: { name: 'one' } }));
    file('more/b.yml', hpa({ metadata: { name: 'b' } }));
    file('more/a.json', JSON.stringify(parse(hpa({ metadata: { name: 'a' } })), null, '\t'));
    file('more/notes.txt', 'not a manifest');
    file('more/deeper/c.yaml', hpa({ metadata: { name: 'c' } }));
    const { exitCode, stdout } = await convert(
      ['-f', '-', '-f', join(folder, 'more'), '--filename', one],
      hpa({ metadata: { name: 'typed' } }),
    );
    expect(exitCode).toBe(0);
    const names = parseAllDocuments(stdout).map((document) => document.getIn(['metadata', 'name']));
    expect(names).toEqual(['typed', 'a', 'b', 'one']);
  });

  it('may hold other things, which are passed over by name', async () => {
    const text = [
      stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { key: 'hush' } }),
      stringify({ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'so', namespace: 'shop' } }),
      'just: a value\n',
      '# nothing\n',
      hpa(),
    ].join('---\n');
    const { exitCode, stderr, stdout } = await fromText(text);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('document 1, line 1: passed over: Secret key is no HorizontalPodAutoscaler\n');
    expect(stderr).toContain("passed over: ScaledObject shop/so is one of KEDA's, which are not converted");
    expect(stderr).toContain('passed over: no Kubernetes object, it has no kind\n');
    expect(stderr).toContain('1 converted, 3 passed over');
    expect(stdout + stderr).not.toContain('hush');
  });

  it.each([
    ['nothing at all', ''],
    ['nothing but others', stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } })],
    ['an empty List', stringify({ apiVersion: 'v1', kind: 'List', items: [] })],
  ])('without an HPA is a failure: %s', async (_what, text) => {
    const { exitCode, stdout, stderr } = await fromText(text);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(
      'no HorizontalPodAutoscaler in the input: give manifests that hold one, or --from-cluster',
    );
  });

  it('that cannot be read is a line, and the rest is converted', async () => {
    const good = file('good.yaml', hpa());
    const broken = file('broken.yaml', `${hpa()}---\na: [1\nb: 2\n`);
    const template = file(
      'template.yaml',
      'metadata:\n  name: {{ .Values.name }}\n  labels: {{- toYaml .Values.labels }}\n',
    );
    const bomb = file('bomb.yaml', BOMB);
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const { exitCode, stdout, stderr } = await convert(
      ['missing.yaml', broken, template, bomb, join(folder, 'empty'), good].flatMap((path) => ['-f', path]),
    );
    expect(exitCode).toBe(1);
    expect(parseAllDocuments(stdout)).toHaveLength(2);
    expect(stderr).toMatch(/^setpoint convert: missing\.yaml cannot be read: ENOENT/m);
    expect(stderr).toMatch(/^setpoint convert: \S+broken\.yaml, document 2, line 14: neither YAML nor JSON: /m);
    expect(stderr).toMatch(/template\.yaml, document 1, line \d: neither YAML nor JSON: .*give what it renders to/);
    expect(stderr).toMatch(/bomb\.yaml, document 1, line 1: neither YAML nor JSON: /);
    expect(stderr).toContain('empty: no .yaml, .yml or .json file is directly in it');
    expect(stderr).toContain('2 converted, 5 faults');
  });
});

/** Nine levels of nine: a billion in all. */
const BOMB = Array.from({ length: 9 }, (_one, level) =>
  level === 0
    ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n'
    : `a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]\n`,
).join('');

describe('an HPA that is not good', () => {
  const LINES: readonly (readonly [what: string, text: string, line: string])[] = [
    [
      'no maxReplicas',
      hpa({ spec: { maxReplicas: null } }),
      'line 11: HorizontalPodAutoscaler shop/web: spec.maxReplicas is missing: it must be a whole number',
    ],
    ['an odd number', hpa({ spec: { maxReplicas: '10' } }), 'spec.maxReplicas: "10" must be a whole number'],
    [
      'a negative target',
      hpa({ spec: { metrics: [pods({ type: 'AverageValue', averageValue: -1 })] } }),
      'line 19: HorizontalPodAutoscaler shop/web: spec.metrics[0].pods.target.averageValue: -1 must be a quantity above zero',
    ],
    [
      'no target',
      hpa({ spec: { metrics: [cpu({ type: 'Utilization' })] } }),
      'spec.metrics[0].resource.target: target has neither averageUtilization nor averageValue: set one of them',
    ],
    [
      'an unknown type',
      hpa({ spec: { metrics: [{ type: 'Prometheus' }] } }),
      'line 13: HorizontalPodAutoscaler shop/web: spec.metrics[0].type: "Prometheus" must be one of Resource, ContainerResource, Pods, Object, External',
    ],
    [
      'zero without a metric for it',
      hpa({ spec: { minReplicas: 0 } }),
      'spec.minReplicas: minReplicas 0 needs an Object, External or Prometheus metric',
    ],
    [
      'a label that is no text',
      hpa({ metadata: { labels: { 'a.b/c': true } } }),
      'line 7: HorizontalPodAutoscaler shop/web: metadata.labels["a.b/c"] is true: give a text (in quotes)',
    ],
    [
      'a name that no object may have',
      hpa({ metadata: { name: 'Web_1' } }),
      'line 4: HorizontalPodAutoscaler shop/Web_1: metadata.name is "Web_1": give a name of at most 253',
    ],
    ['no name', hpa({ metadata: { name: null } }), 'metadata.name is missing: give one'],
    [
      'a version to come',
      hpa({ apiVersion: 'autoscaling/v3' }),
      'line 1: HorizontalPodAutoscaler shop/web: apiVersion is "autoscaling/v3": give autoscaling/v2, autoscaling/v1',
    ],
    [
      "v1's cpu",
      hpa({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 0 } }),
      'line 12: HorizontalPodAutoscaler shop/web: spec.targetCPUUtilizationPercentage: 0 must be 1 or more',
    ],
    [
      "v2beta1's fields",
      hpa({
        apiVersion: 'autoscaling/v2beta1',
        spec: { metrics: [{ type: 'Pods', pods: { metricName: 'rps', targetAverageValue: 'x' } }] },
      }),
      'line 16: HorizontalPodAutoscaler shop/web: spec.metrics[0].pods.targetAverageValue: "x" must be a quantity above zero',
    ],
    [
      "v1's annotation",
      hpa({
        apiVersion: 'autoscaling/v1',
        metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[{"type":"Pods"}]' } },
      }),
      'line 7: HorizontalPodAutoscaler shop/web: metadata.annotations["autoscaling.alpha.kubernetes.io/metrics"][0].pods: type Pods needs the field pods: add it',
    ],
    [
      'no spec',
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n',
      'line 1: HorizontalPodAutoscaler web: spec.scaleTargetRef is missing',
    ],
  ];

  it.each(LINES)('%s', async (_what, text, line) => {
    const { exitCode, stdout, stderr } = await fromText(text);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('standard input, document 1, line ');
    expect(stderr).toContain(line);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('may be good for the API server, and beyond the limits of a ScaledTarget', async () => {
    const metric = pods({ type: 'AverageValue', averageValue: '1' });
    const many = await fromText(hpa({ spec: { metrics: Array.from({ length: 101 }, () => metric) } }));
    expect(many.stderr).toContain(
      'spec.metrics: a list of 101 must hold at most 100 entries: a limit of ScaledTargets, see Limits in docs/differences-from-hpa.md',
    );
    const long = await fromText(
      hpa({ spec: { metrics: [pods({ type: 'AverageValue', averageValue: `1.${'0'.repeat(80)}` })] } }),
    );
    expect(long.stderr).toContain(
      'spec.metrics[0].pods.target.averageValue: a quantity may have at most 64 characters: a limit of ScaledTargets',
    );
    expect(long.stderr.match(/averageValue/g)).toHaveLength(1);
  });

  it('does not keep the others from being converted', async () => {
    const { exitCode, stdout, stderr } = await fromText(
      `${hpa({ spec: { maxReplicas: 0 } })}---\n${hpa({ metadata: { name: 'good' } })}`,
    );
    expect(exitCode).toBe(1);
    expect(parse(stdout)).toMatchObject({ metadata: { name: 'good' } });
    expect(stderr).toContain('document 2, line 13: HorizontalPodAutoscaler shop/good');
  });
});

describe('wrong use', () => {
  it.each([
    ['neither files nor a cluster', [], 'nothing to convert: give -f FILE, -f - or --from-cluster'],
    ['both', ['-f', '-', '--from-cluster'], '-f and --from-cluster exclude each other'],
    ['a namespace without a cluster', ['-f', '-', '--namespace', 'shop'], 'give --from-cluster too'],
    ['another output', ['-f', '-', '--output', 'table'], '--output is "table": give yaml or json'],
    [
      'a namespace that cannot be',
      ['--from-cluster', '--namespace', 'Shop'],
      '--namespace is "Shop": give a namespace',
    ],
    [
      'a kubeconfig that is not there',
      ['--from-cluster', '--kubeconfig', '/nowhere'],
      'kubeconfig /nowhere cannot be read (ENOENT)',
    ],
  ])('%s is told, with exit code 2', async (_what, args, line) => {
    const { exitCode, stdout, stderr } = await convert(args, '');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`setpoint convert: ${line}`.replace('setpoint convert: give', 'give'));
  });
});
