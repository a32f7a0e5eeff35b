// The bounds that the API server sets for a HorizontalPodAutoscaler (autoscaling/v2).

import { asArray, asObject, asString, isObject, type JsonObject } from '../json-values.ts';
import { invalidValue, requiredValue, type StatusCause, unsupportedValue } from '../status.ts';

export function hpaCauses(spec: JsonObject): StatusCause[] {
  const causes: StatusCause[] = [];
  const { minReplicas, maxReplicas } = spec;
  const min = typeof minReplicas === 'number' ? minReplicas : 1;
  if (min < 1) causes.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (typeof maxReplicas !== 'number' || maxReplicas < 1)
    causes.push(invalidValue('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than 0'));
  else if (maxReplicas < min)
    causes.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  const target = asObject(spec.scaleTargetRef);
  for (const field of ['kind', 'name'])
    if (asString(target[field]) === '') causes.push(requiredValue(`spec.scaleTargetRef.${field}`));
  asArray(spec.metrics).forEach((metric, index) =>
    causes.push(...metricCauses(asObject(metric), `spec.metrics[${index}]`)),
  );
  return [...causes, ...behaviorCauses(asObject(spec.behavior))];
}

const sources: Record<string, string> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
};

function metricCauses(metric: JsonObject, path: string): StatusCause[] {
  const type = asString(metric.type);
  const member = sources[type];
  if (member === undefined)
    return [
      type === ''
        ? requiredValue(`${path}.type`, 'must specify a metric source type')
        : unsupportedValue(`${path}.type`, type, Object.keys(sources)),
    ];
  const source = metric[member];
  if (!isObject(source))
    return [requiredValue(`${path}.${member}`, 'must populate information for the given metric source')];
  return targetCauses(asObject(source.target), `${path}.${member}.target`);
}

function targetCauses(target: JsonObject, path: string): StatusCause[] {
  const type = asString(target.type);
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    return [unsupportedValue(`${path}.type`, type, ['Utilization', 'Value', 'AverageValue'])];
  const { averageUtilization, value, averageValue } = target;
  const causes: StatusCause[] = [];
  if (typeof averageUtilization === 'number' && averageUtilization < 1)
    causes.push(invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  for (const [field, given] of Object.entries({ value, averageValue })) {
    if (given !== undefined && !(Number.parseFloat(asString(given)) > 0))
      causes.push(invalidValue(`${path}.${field}`, given, 'must be positive'));
  }
  if (averageUtilization === undefined && value === undefined && averageValue === undefined)
    causes.push(requiredValue(path, 'must set either a target value or a target utilization'));
  return causes;
}

function behaviorCauses(behavior: JsonObject): StatusCause[] {
  return ['scaleUp', 'scaleDown'].flatMap((direction) => {
    const rules = behavior[direction];
    return isObject(rules) ? ruleCauses(rules, `spec.behavior.${direction}`) : [];
  });
}

function ruleCauses(rules: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const window = rules.stabilizationWindowSeconds;
  if (typeof window === 'number' && (window < 0 || window > 3600)) {
    causes.push(
      invalidValue(
        `${path}.stabilizationWindowSeconds`,
        window,
        window < 0 ? 'must be greater than or equal to zero' : 'must be less than or equal to 3600',
      ),
    );
  }
  const select = rules.selectPolicy;
  if (select !== undefined && !['Max', 'Min', 'Disabled'].includes(asString(select)))
    causes.push(unsupportedValue(`${path}.selectPolicy`, select, ['Disabled', 'Max', 'Min']));
  const policies = asArray(rules.policies).map(asObject);
  if (policies.length === 0) causes.push(requiredValue(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, index) => {
    const at = `${path}.policies[${index}]`;
    if (!['Pods', 'Percent'].includes(asString(policy.type)))
      causes.push(unsupportedValue(`${at}.type`, policy.type, ['Percent', 'Pods']));
    if (!(Number(policy.value) > 0))
      causes.push(invalidValue(`${at}.value`, policy.value ?? 0, 'must be greater than zero'));
    const period = Number(policy.periodSeconds ?? 0);
    if (!(period > 0)) causes.push(invalidValue(`${at}.periodSeconds`, period, 'must be greater than zero'));
    else if (period > 1800)
      causes.push(invalidValue(`${at}.periodSeconds`, period, 'must be less than or equal to 1800'));
  });
  return causes;
}
