// Jobs as the API server completes and checks them: defaults, the selector and labels that it makes itself, what may not change.
import { asArray, asObject, asString, equalJson, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { invalidValue, requiredValue, type StatusCause, unsupportedValue } from '../status.ts';

const UID_LABEL = 'batch.kubernetes.io/controller-uid';
const NAME_LABEL = 'batch.kubernetes.io/job-name';

/** `spec` with the defaults of its pod template. */
export function jobSpec(spec: JsonObject, object: KubeObject): JsonObject {
  const filled: JsonObject = {
    parallelism: 1,
    ...(spec.parallelism === undefined ? { completions: 1 } : {}),
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
    ...spec,
  };
  return filled.manualSelector === true ? filled : withSelector(filled, object.metadata);
}

/** Each Job selects the pods that carry its uid, so that two of the same name do not take each other's. */
function withSelector(spec: JsonObject, { name, uid }: KubeObject['metadata']): JsonObject {
  const pod = asObject(spec.template);
  const metadata = asObject(pod.metadata);
  const labels = {
    [UID_LABEL]: uid,
    [NAME_LABEL]: name,
    'controller-uid': uid,
    'job-name': name,
    ...asObject(metadata.labels),
  };
  const selector = asObject(spec.selector);
  return {
    ...spec,
    selector: { ...selector, matchLabels: { [UID_LABEL]: uid, ...asObject(selector.matchLabels) } },
    template: { ...pod, metadata: { ...metadata, labels } },
  };
}

const COUNTS = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];
const MODES = ['NonIndexed', 'Indexed'];
const FIXED = ['completions', 'selector', 'completionMode'];

export function jobCauses(object: KubeObject, current: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object.spec);
  const causes = COUNTS.flatMap((field) => {
    const value = spec[field];
    if (typeof value !== 'number' || value >= 0) return [];
    return [invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0')];
  });
  if (!MODES.includes(asString(spec.completionMode)))
    causes.push(unsupportedValue('spec.completionMode', spec.completionMode, MODES));
  causes.push(...restartCauses(asString(asObject(asObject(spec.template).spec).restartPolicy)));
  if (current === undefined) return causes;
  const before = asObject(current.spec);
  const changed = FIXED.filter((field) => !equalJson(before[field], spec[field]));
  const fixed = changed.map((field) => invalidValue(`spec.${field}`, spec[field], 'field is immutable'));
  return [...causes, ...fixed, ...templateCauses(asObject(before.template), asObject(spec.template), current)];
}

/** The labels and annotations of a Job that has not begun may still change. */
function templateCauses(before: JsonObject, template: JsonObject, { spec, status }: KubeObject): StatusCause[] {
  const waits = asObject(spec).suspend === true && asObject(status).startTime === undefined;
  const why = 'field is immutable';
  if (!waits) return equalJson(before, template) ? [] : [invalidValue('spec.template', template, why)];
  return equalJson(before.spec, template.spec) ? [] : [invalidValue('spec.template.spec', template.spec, why)];
}

function restartCauses(policy: string): StatusCause[] {
  const field = 'spec.template.spec.restartPolicy';
  if (policy === 'OnFailure' || policy === 'Never') return [];
  if (policy === 'Always' || policy === '') return [requiredValue(field, 'valid values: "OnFailure", "Never"')];
  return [unsupportedValue(field, policy, ['OnFailure', 'Never'])];
}

/** What `kubectl get jobs` calls its state. */
export function jobState(job: KubeObject): string {
  const conditions = asArray(asObject(job.status).conditions).map(asObject);
  const is = (type: string) => conditions.some((it) => it.type === type && it.status === 'True');
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running';
}
