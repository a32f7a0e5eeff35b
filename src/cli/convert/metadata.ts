// The metadata that a ScaledTarget takes over from an HPA: name, namespace, labels, annotations. What belongs to the one HPA as
// it is stored (uid, managed fields, owners) stays behind.
import { asRecord, type JsonRecord, own, ownList, ownText } from '../../api/json-input.ts';
import type { SpecFault } from '../../api/spec.ts';
import { type OptionKind, readValue } from '../../option-values.ts';

const KEPT = ['name', 'generateName', 'namespace', 'labels', 'annotations'] as const;
/** What kubectl applied last was an HPA. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Spec and status of an HPA in the words of older versions. */
const HPA_ANNOTATIONS = 'autoscaling.alpha.kubernetes.io/';
/** By these labels and annotations somebody else takes an object for theirs. */
const MANAGERS: readonly (readonly [prefix: string, manager: string])[] = [
  ['argocd.argoproj.io/', 'Argo CD'],
  ['kustomize.toolkit.fluxcd.io/', 'Flux'],
  ['helm.toolkit.fluxcd.io/', 'Flux'],
  ['meta.helm.sh/', 'Helm'],
];

export interface ReadMetadata {
  readonly metadata: JsonRecord;
  readonly faults: readonly SpecFault[];
  /** Fields that stay behind. */
  readonly dropped: readonly string[];
  readonly remarks: readonly string[];
}

/** Reads `hpa.metadata`. */
export function readMetadata(hpa: JsonRecord): ReadMetadata {
  const given = asRecord(own(hpa, 'metadata'));
  const metadata: Record<string, unknown> = {};
  const dropped = Object.keys(given ?? {}).filter((field) => !KEPT.some((kept) => kept === field));
  for (const field of KEPT) {
    const value = own(given, field);
    if (value === undefined) continue;
    if (field !== 'annotations' || asRecord(value) === undefined) metadata[field] = value;
    else {
      const entries = Object.entries(value as JsonRecord);
      const kept = entries.filter(([key]) => !isForHpa(key));
      dropped.push(...entries.flatMap(([key]) => (isForHpa(key) ? [`annotations["${key}"]`] : [])));
      if (kept.length > 0) metadata[field] = Object.fromEntries(kept);
    }
  }
  const remarks = [...ownerRemarks(given), ...managerRemarks(metadata)];
  return { metadata, faults: metadataFaults(metadata), dropped: dropped.map((field) => `metadata.${field}`), remarks };
}

function isForHpa(annotation: string): boolean {
  return annotation === LAST_APPLIED || annotation.startsWith(HPA_ANNOTATIONS);
}

function metadataFaults(metadata: JsonRecord): SpecFault[] {
  const { name, generateName, namespace } = metadata;
  const faults: SpecFault[] = [];
  if (name === undefined && generateName === undefined) faults.push(fault('metadata.name', 'is missing: give one'));
  if (name !== undefined) faults.push(...faultOf('name', name));
  if (namespace !== undefined) faults.push(...faultOf('namespace', namespace));
  return [...faults, ...textFaults(metadata, 'labels'), ...textFaults(metadata, 'annotations')];
}

function faultOf(field: OptionKind & ('name' | 'namespace'), value: unknown): SpecFault[] {
  const read = readValue(field, typeof value === 'string' ? value : '', {});
  return 'value' in read ? [] : [fault(`metadata.${field}`, `is ${show(value)}: ${read.remedy}`)];
}

/** Labels and annotations hold texts: `on` and `1.5` without quotes are none. */
function textFaults(metadata: JsonRecord, field: 'labels' | 'annotations'): SpecFault[] {
  const value = metadata[field];
  if (value === undefined) return [];
  const record = asRecord(value);
  if (record === undefined) return [fault(`metadata.${field}`, `is ${show(value)}: give names and texts`)];
  const wrong = Object.entries(record).filter(([, one]) => typeof one !== 'string');
  return wrong.map(([key, one]) => fault(`metadata.${field}["${key}"]`, `is ${show(one)}: give a text (in quotes)`));
}

function fault(field: string, what: string): SpecFault {
  return { field, message: `${field} ${what}` };
}

/** Short, on one line. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** Who made the HPA makes it again. */
function ownerRemarks(metadata: JsonRecord | undefined): string[] {
  return ownList(metadata, 'ownerReferences').map((owner) => {
    const record = asRecord(owner);
    const who = `${ownText(record, 'kind') ?? 'another object'} ${ownText(record, 'name') ?? ''}`.trim();
    return `The HPA belongs to ${who}, which makes it again when it is deleted: take it out there first.`;
  });
}

function managerRemarks(metadata: JsonRecord): string[] {
  const keys = [metadata['labels'], metadata['annotations']].flatMap((map) => Object.keys(asRecord(map) ?? {}));
  const found = new Map<string, string>();
  for (const key of keys) {
    const manager = MANAGERS.find(([prefix]) => key.startsWith(prefix))?.[1];
    if (manager !== undefined && !found.has(manager)) found.set(manager, key);
  }
  return [...found].map(
    ([manager, key]) =>
      `${key} is kept, by which ${manager} takes the object for its own: put the ScaledTarget where the HPA comes from.`,
  );
}
