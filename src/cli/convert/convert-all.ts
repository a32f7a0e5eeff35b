// A whole run of `setpoint convert`: every object that is found, one after the other; results on standard output, the rest told.
import { asRecord, type JsonRecord, own, ownText } from '../../api/json-input.ts';
import { systemClock } from '../../base/clock.ts';
import { VERSION } from '../../base/version.ts';
import type { Io } from '../command.ts';
import { convertHpa, type Guards, nameOf } from './convert-hpa.ts';
import { type ClusterRequest, readAutoscalers } from './from-cluster.ts';
import { readInputFiles } from './input-files.ts';
import { type Manifest, readManifests, type Unreadable } from './manifests.ts';
import { renderJson, renderYaml, type Titled } from './render.ts';

export interface ConvertOptions {
  readonly from: { readonly files: readonly string[] } | Pick<ClusterRequest, 'kubeconfig' | 'namespaces'>;
  readonly guards: Guards;
  readonly output: 'yaml' | 'json';
}

/** What is found in the input, in its order. */
interface Input {
  readonly found: readonly (Manifest | Unreadable)[];
  /** What to say, and whether it is a fault, when there is nothing. */
  readonly nothing: { readonly line: string; readonly exitCode: number };
}

interface Outcome {
  readonly results: readonly (Titled & { readonly title: string })[];
  readonly faults: readonly string[];
  readonly passedOver: readonly string[];
}

/** Resolves with the exit code: 0 when every HPA was converted, 1 when one was not or none was found. */
export async function convertAll(io: Io, options: ConvertOptions): Promise<number> {
  const input = await readInput(io, options);
  const { results, faults, passedOver } = convertEach(input.found, options.guards);
  const say = (line: string) => void io.stderr.write(`setpoint convert: ${line}\n`);
  for (const line of passedOver) say(line);
  for (const line of faults) say(line);
  if (results.length > 0) {
    io.stdout.write(options.output === 'json' ? renderJson(results) : renderYaml(results));
    for (const { title, comments } of results)
      say(
        `${title}\n${comments
          .slice(1)
          .map((line) => `  ${line}\n`)
          .join('')}`.trimEnd(),
      );
    for (const line of sharedWorkloads(results)) say(line);
    say(summary(results.length, passedOver.length, faults.length));
  } else if (faults.length === 0) say(input.nothing.line);
  if (faults.length > 0) return 1;
  return results.length > 0 ? 0 : input.nothing.exitCode;
}

async function readInput(io: Io, { from }: ConvertOptions): Promise<Input> {
  if ('files' in from) {
    const files = await readInputFiles(from.files, io.stdin);
    const found = files.flatMap((file) => ('fault' in file ? [file] : readManifests(file.name, file.text)));
    const line = 'no HorizontalPodAutoscaler in the input: give manifests that hold one, or --from-cluster';
    return { found, nothing: { line, exitCode: 1 } };
  }
  const { kubeconfig, namespaces } = from;
  const { autoscalers, faults } = await readAutoscalers({
    kubeconfig,
    namespaces,
    clock: systemClock,
    version: VERSION,
    signal: io.signal,
  });
  const found: (Manifest | Unreadable)[] = autoscalers.map((value) => ({ value, where: () => 'the cluster' }));
  const where = namespaces.length === 0 ? 'the cluster' : `namespace ${namespaces.join(', ')}`;
  const nothing = { line: `no HorizontalPodAutoscaler in ${where}: nothing to convert`, exitCode: 0 };
  return { found: [...found, ...faults.map((fault) => ({ fault }))], nothing };
}

function convertEach(found: Input['found'], guards: Guards): Outcome {
  const outcome = { results: [] as (Titled & { title: string })[], faults: [] as string[], passedOver: [] as string[] };
  for (const one of found) {
    if ('fault' in one) {
      outcome.faults.push(one.fault);
      continue;
    }
    const object = asRecord(one.value);
    if (object === undefined || ownText(object, 'kind') !== 'HorizontalPodAutoscaler') {
      outcome.passedOver.push(`${one.where()}: passed over: ${passedOver(object)}`);
      continue;
    }
    const conversion = convertHpa(object, guards);
    const title = `HorizontalPodAutoscaler ${nameOf(asRecord(own(object, 'metadata')))}`;
    if ('faults' in conversion) {
      for (const { field, message } of conversion.faults)
        outcome.faults.push(`${one.where(field)}: ${title}: ${message}`);
      continue;
    }
    const { target, name, changes } = conversion;
    const whole = `${one.where()}: ${title} (${ownText(object, 'apiVersion') ?? ''}) → ScaledTarget ${name}`;
    const comments = [`From ${whole}`, ...[...changes, nextStep(target.metadata)].map((line) => `- ${line}`)];
    outcome.results.push({ target, comments, title: whole });
  }
  return outcome;
}

function passedOver(object: JsonRecord | undefined): string {
  const kind = ownText(object, 'kind');
  if (kind === undefined) return 'no Kubernetes object, it has no kind';
  const name = `${kind.slice(0, 63)} ${nameOf(asRecord(own(object, 'metadata')))}`;
  if (kind === 'ScaledObject' && (ownText(object, 'apiVersion') ?? '').startsWith('keda.sh/')) {
    return `${name} is one of KEDA's, which are not converted: write its triggers as Prometheus or External metrics`;
  }
  return `${name} is no HorizontalPodAutoscaler`;
}

function nextStep(metadata: JsonRecord): string {
  const name = ownText(metadata, 'name');
  const namespace = ownText(metadata, 'namespace');
  const remove = `kubectl delete hpa ${name ?? 'NAME'}${namespace === undefined ? '' : ` -n ${namespace}`}`;
  // kubectl apply takes no generateName.
  const bring = name === undefined ? 'kubectl create this, which gives it a name' : 'apply this';
  return `Next: ${bring}; while the HPA is there it reports Conflict, shows the size that it would take, and writes nothing. Delete the HPA last: ${remove}. The ScaledTarget goes on from the size that it finds.`;
}

/** Two of them on one workload: only the oldest would act. */
function sharedWorkloads(results: readonly Titled[]): string[] {
  const byWorkload = new Map<string, string[]>();
  for (const { target } of results) {
    const ref = asRecord(own(target.spec, 'scaleTargetRef'));
    const namespace = ownText(target.metadata, 'namespace') ?? '';
    const group = (ownText(ref, 'apiVersion') ?? '').split('/')[0] ?? '';
    const workload = JSON.stringify([namespace, group, ownText(ref, 'kind'), ownText(ref, 'name')]);
    byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), nameOf(target.metadata)]);
  }
  return [...byWorkload.values()]
    .filter((names) => names.length > 1)
    .map((names) => `${names.join(', ')} scale the same workload: only the oldest will act, keep one of them`);
}

function summary(converted: number, passedOver: number, faults: number): string {
  const parts = [`${converted} converted`];
  if (passedOver > 0) parts.push(`${passedOver} passed over`);
  if (faults > 0) parts.push(`${faults} ${faults === 1 ? 'fault' : 'faults'}`);
  return `${parts.join(', ')}. If your controller manager has --horizontal-pod-autoscaler-* flags, give setpoint run the same: docs/migrating-from-hpa.md`;
}
