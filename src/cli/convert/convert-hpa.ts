// One HorizontalPodAutoscaler into one ScaledTarget that decides the same, and in plain sentences what is different about it.
// Pure. The verdict is that of Setpoint's own schema, which the API server has too.
import { API_VERSION, KIND } from '../../api/crd.ts';
import { asRecord, type JsonRecord, own, ownList, ownText } from '../../api/json-input.ts';
import { GUARDS } from '../../api/reasons.ts';
import { parseSpec } from '../../api/scaled-target.ts';
import { METRIC_TYPES } from '../../api/schema-metrics.ts';
import type { SpecFault, TargetSpec } from '../../api/spec.ts';
import { HPA_VERSIONS, hasNoMetric, type HpaVersion, readHpaSpec, type ReadSpec } from './hpa-spec.ts';
import { type ReadMetadata, readMetadata } from './metadata.ts';
import { MAX_QUANTITY_LENGTH } from './shape.ts';

export type Guards = TargetSpec['guards'];

export interface ConvertedTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonRecord;
  readonly spec: JsonRecord;
}

export type Conversion =
  | {
      readonly target: ConvertedTarget;
      /** namespace/name, or the name where no namespace is given. */
      readonly name: string;
      /** What is different, what was left out, what to mind: a sentence each. */
      readonly changes: readonly string[];
    }
  | { readonly faults: readonly SpecFault[] };

const HPA_METRIC_TYPES = METRIC_TYPES.filter((type) => type !== 'Prometheus');
const FIELDS: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec'];

/** `hpa` is an object of kind HorizontalPodAutoscaler, of any version. Faults name fields as the HPA has them. */
export function convertHpa(hpa: JsonRecord, guards: Guards): Conversion {
  const version = versionOf(hpa);
  if (version === undefined) return { faults: [versionFault(hpa)] };
  const read = readHpaSpec(hpa, version);
  const about = readMetadata(hpa);
  const faults = [...about.faults, ...specFaults(read)];
  if (faults.length > 0) return { faults };
  const target = { apiVersion: API_VERSION, kind: KIND, metadata: about.metadata, spec: { ...read.spec, guards } };
  return { target, name: nameOf(about.metadata), changes: changesOf({ hpa, version, read, about, guards }) };
}

function versionOf(hpa: JsonRecord): HpaVersion | undefined {
  return HPA_VERSIONS.find((known) => known === own(hpa, 'apiVersion'));
}

function versionFault(hpa: JsonRecord): SpecFault {
  const seen = JSON.stringify(own(hpa, 'apiVersion') ?? '').slice(0, 60);
  return { field: 'apiVersion', message: `apiVersion is ${seen}: give ${HPA_VERSIONS.join(', ')}` };
}

/** namespace/name, for sentences. */
export function nameOf(metadata: JsonRecord | undefined): string {
  const name = ownText(metadata, 'name') ?? `${ownText(metadata, 'generateName') ?? ''}*`;
  const namespace = ownText(metadata, 'namespace');
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function specFaults({ spec, origins, copied }: ReadSpec): SpecFault[] {
  const types = typeFaults(spec);
  // What else a metric of no known type lacks says nothing.
  const isTold = (field: string) => types.some((type) => field.startsWith(type.field.slice(0, -'.type'.length)));
  const others = parseSpec(spec).faults.filter(({ field }) => !isTold(field));
  const faults = [...types, ...others].map(({ field, message }) => {
    const before = originOf(field, origins);
    const moved = before === field ? message : `${before}${message.slice(field.length)}`;
    return { field: before, message: withLimit(moved) };
  });
  const isTooLong = (field: string) => copied.tooLong.includes(field);
  return [...copied.tooLong.map(lengthFault), ...faults.filter(({ field }) => !isTooLong(field))];
}

function lengthFault(field: string): SpecFault {
  return { field, message: withLimit(`${field}: a quantity may have at most ${MAX_QUANTITY_LENGTH} characters`) };
}

/** The parser passes over types that it does not know, for the sake of later versions; here none of them can be kept. */
function typeFaults(spec: JsonRecord): SpecFault[] {
  return ownList(spec, 'metrics').flatMap((metric, index) => {
    const type = ownText(asRecord(metric), 'type');
    if (type === undefined || HPA_METRIC_TYPES.some((known) => known === type)) return [];
    const field = `spec.metrics[${index}].type`;
    const seen = JSON.stringify(type).slice(0, 60);
    return [{ field, message: `${field}: ${seen} must be one of ${HPA_METRIC_TYPES.join(', ')}` }];
  });
}

/** The field as the HPA has it, by the longest beginning that has another name there. */
function originOf(field: string, origins: ReadonlyMap<string, string>): string {
  let longest = '';
  for (const to of origins.keys()) {
    const isInside = field === to || field.startsWith(`${to}.`) || field.startsWith(`${to}[`);
    if (isInside && to.length > longest.length) longest = to;
  }
  return longest === '' ? field : `${origins.get(longest) ?? ''}${field.slice(longest.length)}`;
}

/** Bounds that only a ScaledTarget has are told as such: the HPA may well be good. */
function withLimit(message: string): string {
  if (!/at most \d+ (?:entries|characters)$/.test(message)) return message;
  return `${message}: a limit of ScaledTargets, see Limits in docs/differences-from-hpa.md`;
}

interface Told {
  readonly hpa: JsonRecord;
  readonly version: HpaVersion;
  readonly read: ReadSpec;
  readonly about: ReadMetadata;
  readonly guards: Guards;
}

function changesOf({ hpa, version, read, about, guards }: Told): string[] {
  const changes = [guardsChange(guards), ...read.remarks];
  if (hasNoMetric(read.spec)) {
    changes.push('No metric is given: that is cpu at 80 % of the request, for a ScaledTarget as for an HPA.');
  }
  for (const { field, text } of read.copied.quoted) {
    changes.push(`${field}: ${text} is written in quotes: a custom resource takes it as a text only.`);
  }
  if (read.copied.unknown.length > 0) {
    const [isAre, itThey] = read.copied.unknown.length === 1 ? ['is', 'it is'] : ['are', 'they are'];
    const seen = read.copied.unknown.slice(0, 10).join(', ');
    changes.push(`${seen} ${isAre} not known in ${version}, so that the HPA goes without: ${itThey} left out.`);
  }
  const dropped = [...about.dropped, ...Object.keys(hpa).filter((field) => !FIELDS.includes(field))];
  if (dropped.length > 0) changes.push(`Left out: ${dropped.join(', ')}.`);
  return [...changes, ...about.remarks];
}

function guardsChange(guards: Guards): string {
  if (guards === 'Disabled') {
    return 'guards: Disabled decides as the HPA does, number for number; --guards adds what keeps it from known mistakes.';
  }
  return `guards: Enabled decides as the HPA does, but where one of the guards acts (${GUARDS.join(', ')}): most hold a scale-down back; guards: Disabled is the plain HPA.`;
}
