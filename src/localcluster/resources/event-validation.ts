// What an Event must say. An event of the core version may be almost anything; one of events.k8s.io/v1 must be whole, and may later
// change in its series alone. Both are judged in the stored, core form.

import { asObject, asString, equalJson } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { invalidValue, requiredValue, type StatusCause } from '../status.ts';
import type { ResourceDefinition } from './definition.ts';

const qualifiedName = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

export function eventCauses(
  { group }: ResourceDefinition,
  event: KubeObject,
  current: KubeObject | undefined,
): StatusCause[] {
  const isStrict = group !== '';
  const causes = isDated(event) ? wholenessCauses(event, isStrict) : placeCauses(event);
  if (!isStrict) return causes;
  return [...causes, ...(current === undefined ? creationCauses(event) : changeCauses(event, current))];
}

/** Only events of the new form have one. */
function isDated(event: KubeObject): boolean {
  return asString(event['eventTime']) !== '';
}

function placeCauses(event: KubeObject): StatusCause[] {
  const about = asString(asObject(event['involvedObject']).namespace);
  const { namespace = '' } = event.metadata;
  const fits = about === '' ? namespace === 'default' : about === namespace;
  return fits ? [] : [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

function wholenessCauses(event: KubeObject, isStrict: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  const about = asString(asObject(event['involvedObject']).namespace);
  const { namespace = '' } = event.metadata;
  if (about === '' && namespace !== 'default' && namespace !== 'kube-system')
    causes.push(invalidValue('involvedObject.namespace', about, 'does not match event.namespace'));
  const controller = asString(event['reportingComponent']);
  const controllerField = isStrict ? 'reportingController' : 'reportingComponent';
  if (controller === '') causes.push(requiredValue(controllerField));
  if (!qualifiedName.test(controller))
    causes.push(
      invalidValue(controllerField, controller, "name part must consist of alphanumeric characters, '-', '_' or '.'"),
    );
  for (const [field, limit] of Object.entries(limits)) {
    const text = asString(event[field]);
    if (text === '' && field !== 'message') causes.push(requiredValue(field));
    if (text.length > limit) causes.push(invalidValue(field, '', `can have at most ${limit} characters`));
  }
  return causes;
}

function creationCauses(event: KubeObject): StatusCause[] {
  const causes = seriesCauses(event);
  if (!isDated(event)) causes.push(requiredValue('eventTime'));
  const type = asString(event['type']);
  if (type !== 'Normal' && type !== 'Warning') causes.push(invalidValue('type', '', `has invalid value: ${type}`));
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'])
    if (event[field] !== undefined && event[field] !== 0) causes.push(invalidValue(field, '', 'needs to be unset'));
  const { component, host } = asObject(event['source']);
  if (asString(component) !== '' || asString(host) !== '') causes.push(invalidValue('source', '', 'needs to be unset'));
  return causes;
}

function seriesCauses(event: KubeObject): StatusCause[] {
  if (event['series'] === undefined) return [];
  const { count, lastObservedTime } = asObject(event['series']);
  return [
    ...(Number(count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(asString(lastObservedTime) === '' ? [requiredValue('series.lastObservedTime')] : []),
  ];
}

const immutable = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
];

function changeCauses(event: KubeObject, current: KubeObject): StatusCause[] {
  const causes = equalJson(event['series'], current['series']) ? [] : seriesCauses(event);
  for (const field of immutable)
    if (!equalJson(event[field], current[field])) causes.push(invalidValue(field, event[field], 'field is immutable'));
  return causes;
}
