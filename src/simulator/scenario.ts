// A scenario: three files that agree with each other, and how they are played. Promises a time-line with guards and one as the plain HPA
// has it, or all that is wrong with the files, a line each.
import { parseDocument } from 'yaml';
import type * as z from 'zod';
import { faultsOf } from '../api/faults.ts';
import { asRecord, own } from '../api/json-input.ts';
import { parseSpec } from '../api/scaled-target.ts';
import type { TargetSpec } from '../api/spec.ts';
import type { Reading } from '../decide/types.ts';
import { type Load, parseLoad } from './load.ts';
import { type Manifests, readManifests } from './manifests.ts';
import { play, type Played, type PlayOptions, type PlayView, STEP_SECONDS } from './play.ts';
import { type Incident, judgeScenario, type RunName, type ScenarioFile } from './schema.ts';

export interface Scenario {
  readonly name: string;
  readonly file: ScenarioFile;
  readonly load: Load;
  readonly manifests: Manifests;
  readonly specs: Readonly<Record<RunName, TargetSpec>>;
  /** How long it is played: as long as the load, in whole steps. */
  readonly seconds: number;
}

/** The contents of the three files of a scenario, and how faults call their folder. */
export interface ScenarioTexts {
  readonly name: string;
  readonly folder: string;
  readonly scenario: string;
  readonly manifests: string;
  readonly load: string;
}

/** @throws Error with one line per fault: file, field, value and remedy. */
export function parseScenario(texts: ScenarioTexts): Scenario {
  const file = readFile(`${texts.folder}/scenario.yaml`, texts.scenario);
  const load = parseLoad(`${texts.folder}/load.csv`, texts.load, file.load.divideBy);
  const manifests = readManifests(`${texts.folder}/scaledtarget.yaml`, texts.manifests);
  const seconds = Math.floor(load.endSeconds / STEP_SECONDS) * STEP_SECONDS;
  const beside = besideOf(file, manifests);
  const faults = [...beside.faults, ...disagreements(file, manifests, seconds)];
  if (faults.length > 0) throw new Error(faults.map((fault) => `${texts.folder}/scenario.yaml: ${fault}`).join('\n'));
  const specs = { itself: manifests.spec, beside: beside.spec };
  return { name: texts.name, file, load, manifests, specs, seconds };
}

function readFile(file: string, text: string): ScenarioFile {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new Error(`${file}: is no YAML: ${error.message.split('\n', 1)[0] ?? ''}`);
  const judged = judgeScenario(document.toJS());
  if (judged.success) return judged.data;
  const faults = faultsOf(judged.error.issues.map(withOwnInput), (path) => path);
  throw new Error(faults.map(({ message }) => `${file}: ${message.replace(/^: /, '')}`).join('\n'));
}

/** The spec that stands beside: the same where there is none. */
function besideOf({ beside, expect }: ScenarioFile, { spec, rawSpec }: Manifests) {
  if (beside === undefined) {
    const index = expect.findIndex(({ of }) => of === 'beside');
    return {
      spec,
      faults: index < 0 ? [] : [`expect[${index}].of: beside: nothing stands beside: give beside a spec`],
    };
  }
  const parsed = parseSpec({ ...rawSpec, ...beside.spec });
  return { spec: parsed.spec ?? spec, faults: parsed.faults.map(({ message }) => `beside: ${message}`) };
}

/** What tells the members of a union apart is the fault, and not the object that it stands in. */
function withOwnInput(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  const key = issue.path.at(-1);
  if (issue.code !== 'invalid_union' || key === undefined) return issue;
  return { ...issue, input: own(asRecord(issue.input), String(key)) };
}

function* disagreements({ incidents, expect, replicas }: ScenarioFile, manifests: Manifests, seconds: number) {
  for (const [index, incident] of incidents.entries()) {
    const field = `incidents[${index}]`;
    if (incident.type === 'Rollout') {
      if (manifests.surge === undefined)
        yield `${field}: a Rollout is played without missing pods: give the Deployment a rollingUpdate of maxSurge 1 or more and maxUnavailable 0`;
      yield* outside(`${field}.from`, incident.from, seconds);
      continue;
    }
    yield* notAfter(field, incident.from, incident.to);
    yield* outside(`${field}.to`, incident.to, seconds);
  }
  for (const [index, { from = 0, to = seconds }] of expect.entries()) {
    const field = `expect[${index}]`;
    yield* notAfter(field, from, to);
    yield* outside(`${field}.to`, to, seconds);
  }
  const { minReplicas, maxReplicas } = manifests.spec;
  if (replicas < minReplicas || replicas > maxReplicas)
    yield `replicas: ${replicas} is not from ${minReplicas} to ${maxReplicas}: begin within the bounds of the ScaledTarget`;
}

function* notAfter(field: string, from: number, to: number) {
  if (from >= to) yield `${field}.to: ${to} is not after ${from}: give a later moment`;
}

function* outside(field: string, moment: number, seconds: number) {
  if (moment > seconds) yield `${field}: ${moment} is after the end of the load: give ${seconds} at most`;
}

/** Plays the whole load with the spec of the scenario, or with the one beside it. */
export function playScenario(scenario: Scenario, run: RunName): Played {
  return play(optionsOf(scenario, scenario.specs[run]), scenario.seconds);
}

function optionsOf({ file, load, manifests }: Scenario, spec: TargetSpec): PlayOptions {
  const { incidents, pipeline, pod, replicas } = file;
  const { namespace, name, containers, surge, isShare } = manifests;
  return {
    namespace,
    name,
    spec,
    // A size that the bounds do not allow would be the first thing to change.
    replicas: Math.min(Math.max(replicas, spec.minReplicas), spec.maxReplicas),
    load: (seconds) => load.at(seconds) * factorAt(incidents, 'LoadChange', seconds),
    capacity: pod.capacity,
    startSeconds: pod.startSeconds,
    ...pipeline,
    ...(spec.syncPeriodSeconds !== undefined && { periodSeconds: spec.syncPeriodSeconds }),
    containers,
    ...(isShare && { measure: (view) => Math.min(pod.capacity, view.load / Math.max(1, view.readyPods)) }),
    tamper: (reading, view) => disturbed(reading, view, incidents),
    rollouts: incidents.flatMap(({ type, from }) =>
      type === 'Rollout' && surge !== undefined ? [{ atSeconds: from, surge }] : [],
    ),
  };
}

const OUTAGE: Reading = { kind: 'absent', reason: 'Unreachable', message: 'the source cannot be reached' };

function disturbed(reading: Reading, { seconds }: PlayView, incidents: readonly Incident[]): Reading {
  const isOut = incidents.some((incident) => incident.type === 'SourceOutage' && isIn(incident, seconds));
  if (isOut) return OUTAGE;
  const factor = factorAt(incidents, 'WrongValue', seconds);
  if (factor === 1 || reading.kind === 'absent') return reading;
  const scaled = (milli: bigint) => BigInt(Math.round(Number(milli) * factor));
  if (reading.kind === 'value') return { ...reading, valueMilli: scaled(reading.valueMilli) };
  const samples = [...reading.samples].map(
    ([name, sample]) => [name, { ...sample, valueMilli: scaled(sample.valueMilli) }] as const,
  );
  return { kind: 'pods', samples: new Map(samples) };
}

function factorAt(incidents: readonly Incident[], type: 'LoadChange' | 'WrongValue', seconds: number): number {
  const now = incidents.filter((incident) => incident.type === type && isIn(incident, seconds));
  return now.reduce((product, incident) => product * ('factor' in incident ? incident.factor : 1), 1);
}

function isIn(incident: Incident, seconds: number): boolean {
  return seconds >= incident.from && 'to' in incident && seconds < incident.to;
}
