// The spec of a manifest, to be compared with the one in force: of a ScaledTarget, or of an HPA of any version.
import { API_VERSION, KIND } from '../../api/crd.ts';
import { asRecord, type JsonRecord, own, ownText } from '../../api/json-input.ts';
import { parseSpec } from '../../api/scaled-target.ts';
import type { SpecFault, TargetSpec } from '../../api/spec.ts';
import { convertHpa } from '../convert/convert-hpa.ts';
import { readInputFiles } from '../convert/input-files.ts';
import { type Manifest, readManifests } from '../convert/manifests.ts';

const HPA = 'HorizontalPodAutoscaler';

/** A spec and what it was found as, or a line for each thing that is wrong. */
export type OtherSpec = { readonly spec: TargetSpec; readonly title: string } | { readonly faults: readonly string[] };

/** Of several objects the one called `name` is taken. An HPA decides without guards. */
export async function readOtherSpec(path: string, name: string, stdin: NodeJS.ReadableStream): Promise<OtherSpec> {
  const found = (await readInputFiles([path], stdin)).flatMap((file) =>
    'fault' in file ? [file] : readManifests(file.name, file.text),
  );
  const faults = found.flatMap((one) => ('fault' in one ? [`--diff: ${one.fault}`] : []));
  if (faults.length > 0) return { faults };
  const candidates = found.flatMap((one) => ('fault' in one ? [] : candidateOf(one)));
  const named = candidates.filter((candidate) => candidate.name === name);
  const [first, ...more] = named.length > 0 ? named : candidates;
  if (!first) return { faults: [`--diff: ${path} holds neither a ScaledTarget nor a HorizontalPodAutoscaler`] };
  if (more.length > 0) {
    return { faults: [`--diff: ${path} holds ${candidates.length} of them: leave one, or one called ${name}`] };
  }
  const read = specOf(first.object);
  if ('faults' in read) {
    return { faults: read.faults.map(({ field, message }) => `--diff: ${first.manifest.where(field)}: ${message}`) };
  }
  return { spec: read.spec, title: `${first.kind} ${first.name}` };
}

interface Candidate {
  readonly manifest: Manifest;
  readonly object: JsonRecord;
  readonly kind: string;
  readonly name: string;
}

function candidateOf(manifest: Manifest): Candidate[] {
  const object = asRecord(manifest.value);
  const kind = ownText(object, 'kind') ?? '';
  if (!object || (kind !== HPA && kind !== KIND)) return [];
  return [{ manifest, object, kind, name: ownText(asRecord(own(object, 'metadata')), 'name') ?? '' }];
}

function specOf(object: JsonRecord): { readonly spec: TargetSpec } | { readonly faults: readonly SpecFault[] } {
  if (ownText(object, 'kind') === HPA) {
    const conversion = convertHpa(object, 'Disabled');
    return 'faults' in conversion ? conversion : parsed(conversion.target.spec);
  }
  const apiVersion = ownText(object, 'apiVersion') ?? '';
  if (apiVersion !== API_VERSION) {
    const message = `apiVersion is ${JSON.stringify(apiVersion.slice(0, 60))}: give ${API_VERSION}`;
    return { faults: [{ field: 'apiVersion', message }] };
  }
  return parsed(withNumbers(own(object, 'spec')));
}

function parsed(raw: unknown): { readonly spec: TargetSpec } | { readonly faults: readonly SpecFault[] } {
  const { spec, faults } = parseSpec(raw);
  return spec ? { spec } : { faults };
}

/** Whole numbers come as big ones from a manifest; those that a double holds exactly are plain numbers here. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const plain = Number(value);
    return Number.isSafeInteger(plain) ? plain : String(value);
  }
  if (Array.isArray(value)) return value.map(withNumbers);
  const record = asRecord(value);
  if (!record) return value;
  return Object.fromEntries(Object.entries(record).map(([name, member]) => [name, withNumbers(member)]));
}
