// What `setpoint convert` makes of an HPA decides as the HPA does, is what the CRD takes, and says all that the HPA said.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { parseScaledTarget } from '../../../src/api/scaled-target.ts';
import type { TargetSpec } from '../../../src/api/spec.ts';
import { formatMilli } from '../../../src/base/quantity.ts';
import { convertCommand } from '../../../src/cli/commands/convert.ts';
import { convertHpa } from '../../../src/cli/convert/convert-hpa.ts';
import { readLine } from '../../../src/cli/situations/read.ts';
import { decide } from '../../../src/decide/decide.ts';
import type { KubeObject } from '../../../src/localcluster/objects.ts';
import { admitSpec } from '../../support/crd-admission.ts';
import { type Circumstances, situationLine, storedHpa } from '../../support/hpa-situations.ts';
import { runCli } from '../../support/run-cli.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const fixture = (name: string) => readFileSync(join(FIXTURES, 'convert', name), 'utf8');

/** As any reader of YAML would take it: the newer rules for the output, and, for the input, those of kubectl. */
const documents = (text: string, version: '1.1' | '1.2' = '1.2'): KubeObject[] =>
  parseAllDocuments(text, { version, merge: true, intAsBigInt: version === '1.1' }).map(
    (one) => one.toJS() as KubeObject,
  );
/** Numbers too long for a double are texts from here on. */
const readAsKubectl = (text: string): KubeObject[] =>
  documents(text, '1.1').map(
    (one) =>
      JSON.parse(
        JSON.stringify(one, (_key, value: unknown) => (typeof value === 'bigint' ? exact(value) : value)),
      ) as KubeObject,
  );
const exact = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value));
const itemsOf = (list: KubeObject | undefined) =>
  (list as unknown as { items: KubeObject[] }).items.map((item) => ({
    ...item,
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
  }));

async function convert(text: string, ...flags: string[]): Promise<readonly Record<string, unknown>[]> {
  const { exitCode, stdout, stderr } = await runCli([convertCommand], ['convert', '-f', '-', ...flags], {
    stdin: text,
  });
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  return documents(stdout);
}

interface Case {
  readonly name: string;
  /** As text, for the command. */
  readonly given: string;
  /** What it means, in autoscaling/v2. */
  readonly meant: KubeObject;
}

/** Each document with the text it stood in. */
function alone(text: string): Case[] {
  return text.split(/^---\n/m).map((given) => {
    const [meant] = readAsKubectl(given);
    return { name: meant!.metadata.name, given, meant: meant! };
  });
}

function inPairs(text: string): Case[] {
  const all = alone(text);
  return all
    .filter((_one, index) => index % 2 === 0)
    .map((old, index) => ({ ...old, meant: all[2 * index + 1]!.meant }));
}

function inList(text: string): Case[] {
  return itemsOf(documents(text)[0]).map((meant, index) => ({
    name: meant.metadata.name,
    given: stringify({ ...documents(text)[0], items: [itemsOf(documents(text)[0])[index]] }),
    meant,
  }));
}

const CASES: readonly Case[] = [
  ...alone(fixture('v2.yaml')),
  ...inPairs(fixture('older.yaml')),
  ...inList(fixture('list.json')),
  ...inList(fixture('typed-list.yaml')),
];

const CIRCUMSTANCES: readonly Circumstances[] = [
  { specReplicas: 5, load: 1 },
  { specReplicas: 5, load: 1.07 },
  { specReplicas: 5, load: 1.3 },
  { specReplicas: 4, load: 6 },
  { specReplicas: 8, load: 0.4 },
  { specReplicas: 6, load: 0.93, recommendations: [{ replicas: 6, ageSeconds: 200 }] },
  { specReplicas: 6, load: 0.2, recommendations: [{ replicas: 6, ageSeconds: 70 }] },
  { specReplicas: 6, load: 0.2, recommendations: [{ replicas: 6, ageSeconds: 400 }] },
];

/** Without what a situation does not say: names, selectors, what exactly is scaled. */
function nameless(spec: TargetSpec): TargetSpec {
  const metrics = spec.metrics.map((metric, index) => {
    const named = { ...metric, name: `metric-${index}` };
    if (named.type === 'Object') named.describedObject = { kind: named.describedObject.kind, name: '' };
    if ('selector' in named) delete named.selector;
    return named;
  });
  return { ...spec, metrics, scaleTargetRef: { apiVersion: '', kind: '', name: '' } };
}

function decisions(spec: TargetSpec, line: string): unknown {
  const { situation } = readLine(line);
  const { decision, history } = decide({ ...situation, spec: nameless(spec) });
  return { decision, history };
}

describe('a converted HPA', () => {
  it('is tried in many kinds', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(50);
  });

  it.each(CASES)('$name decides the same without guards', async ({ given, meant }) => {
    const [target] = await convert(given);
    const { spec, faults } = parseScaledTarget(target);
    expect(faults).toEqual([]);
    expect(spec?.guards).toBe('Disabled');
    const sizes = CIRCUMSTANCES.map((circumstances) => {
      const line = situationLine(storedHpa(meant), circumstances);
      expect(decisions(spec!, line)).toEqual(decisions(readLine(line).situation.spec, line));
      return decide(readLine(line).situation).decision.desiredReplicas;
    });
    // The circumstances do matter, but where there is one size only.
    const { minReplicas, maxReplicas } = spec!;
    expect(new Set(sizes).size).toBeGreaterThan(minReplicas === maxReplicas ? 0 : 1);
  });

  it.each(CASES)('$name is what the CRD takes, nothing dropped', async ({ given }) => {
    for (const flags of [[], ['--guards']]) {
      const [target] = await convert(given, ...flags);
      const { faults, dropped } = admitSpec(target!['spec']);
      expect({ faults, dropped }).toEqual({ faults: [], dropped: [] });
    }
  });

  it.each(CASES)('$name and back is the HPA that the API server stores', async ({ given, meant }) => {
    const [target] = await convert(given);
    const back = toHpa(target!);
    const { spec, metadata } = storedHpa(meant);
    expect(storedHpa(back)['spec']).toEqual(spec);
    const { name, namespace, labels } = metadata;
    expect(back.metadata).toMatchObject({ name, ...(namespace && { namespace }), ...(labels && { labels }) });
  });
});

function toHpa(target: Record<string, unknown>): KubeObject {
  const { guards, ...spec } = target['spec'] as Record<string, unknown>;
  expect(guards).toBe('Disabled');
  return { ...target, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', spec } as unknown as KubeObject;
}

describe('the situations with answers of the real HPA', () => {
  const lines = gunzipSync(readFileSync(join(FIXTURES, 'hpa/situations.jsonl.gz')))
    .toString('utf8')
    .trim()
    .split('\n');

  it('are decided alike by what their specs are converted to', () => {
    let compared = 0;
    for (const line of lines) {
      const { situation } = readLine(line);
      const conversion = convertHpa(hpaOf(situation.spec, JSON.parse(line) as SituationFile), 'Disabled');
      if ('faults' in conversion) {
        // What no API server would store: the recordings try the decision with anything.
        for (const { message } of conversion.faults) expect(message).toMatch(NEVER_STORED);
        continue;
      }
      compared += 1;
      const { spec } = parseScaledTarget(conversion.target);
      expect([line, decisions(spec!, line)]).toEqual([line, decisions(situation.spec, line)]);
    }
    expect(compared).toBeGreaterThan(lines.length * 0.7);
  });
});

interface SituationFile {
  readonly situation: { readonly behavior?: unknown };
}

const NEVER_STORED =
  /minReplicas 0 needs|must be one of Resource|neither averageUtilization|neither value|both |is below minReplicas|must be a quantity above zero|must be 1 or more/;

/** The manifest that a situation was recorded from, as far as the situation tells. */
function hpaOf({ minReplicas, maxReplicas, metrics }: TargetSpec, { situation }: SituationFile) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'recorded' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'recorded' },
      minReplicas,
      maxReplicas,
      metrics: metrics.map(metricOf),
      ...(situation.behavior === undefined ? {} : { behavior: situation.behavior }),
    },
  };
}

function metricOf(metric: TargetSpec['metrics'][number]): unknown {
  const { type } = metric;
  const { averageValueMilli, valueMilli, ...rest } = metric.target;
  const target = {
    ...rest,
    ...(averageValueMilli === undefined ? {} : { averageValue: formatMilli(averageValueMilli) }),
    ...(valueMilli === undefined ? {} : { value: formatMilli(valueMilli) }),
  };
  if (type === 'Resource') return { type, resource: { name: metric.resource, target } };
  if (type === 'ContainerResource') {
    return { type, containerResource: { name: metric.resource, container: metric.container, target } };
  }
  if (type === 'Unknown' || type === 'Prometheus') return { type: type === 'Unknown' ? metric.typeName : type };
  const identified = { metric: { name: metric.metricName, selector: metric.selector }, target };
  if (type === 'Object') return { type, object: { ...identified, describedObject: metric.describedObject } };
  return type === 'Pods' ? { type, pods: identified } : { type, external: identified };
}
