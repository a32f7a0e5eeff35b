// A metric of v2beta1, whose fields stand side by side, in the shape of v2, which every ScaledTarget has.
// The type of a target follows the rules by which the API server converted between the two.
import { asRecord, type JsonRecord, own } from '../../api/json-input.ts';

/** What a field of the result was called before. Paths are whole, such as `spec.metrics[0].resource.target.averageValue`. */
export type Origins = Map<string, string>;

/** Field of the result → field it comes from; both from where the struct of the metric stands. */
type Renames = readonly (readonly [to: string, from: string])[];

const RESOURCE: Renames = [
  ['name', 'name'],
  ['container', 'container'],
  ['target.averageUtilization', 'targetAverageUtilization'],
  ['target.averageValue', 'targetAverageValue'],
];
const RENAMES: Readonly<Record<string, Renames>> = {
  resource: RESOURCE,
  containerResource: RESOURCE,
  pods: [
    ['metric.name', 'metricName'],
    ['metric.selector', 'selector'],
    ['target.averageValue', 'targetAverageValue'],
  ],
  object: [
    ['describedObject', 'target'],
    ['metric.name', 'metricName'],
    ['metric.selector', 'selector'],
    ['target.value', 'targetValue'],
    ['target.averageValue', 'averageValue'],
  ],
  external: [
    ['metric.name', 'metricName'],
    ['metric.selector', 'metricSelector'],
    ['target.value', 'targetValue'],
    ['target.averageValue', 'targetAverageValue'],
  ],
};

/** `metric` holds known fields only. `from` and `to` say where it stands and where the result will stand. */
export function fromFlat(metric: JsonRecord, from: string, to: string, origins: Origins): JsonRecord {
  const result: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(metric)) {
    const renames = RENAMES[member];
    const struct = asRecord(value);
    if (renames === undefined || struct === undefined) {
      result[member] = value;
      continue;
    }
    for (const [after, before] of renames) origins.set(`${to}.${member}.${after}`, `${from}.${member}.${before}`);
    result[member] = fromFlatStruct(member, struct, renames);
  }
  return result;
}

function fromFlatStruct(member: string, struct: JsonRecord, renames: Renames): JsonRecord {
  const result: Record<string, unknown> = {};
  for (const [after, before] of renames) {
    const value = own(struct, before);
    if (value === undefined) continue;
    const [outer = '', inner] = after.split('.');
    result[outer] = inner === undefined ? value : { ...asRecord(result[outer]), [inner]: value };
  }
  return { ...result, target: { type: targetType(member, struct), ...asRecord(result['target']) } };
}

function targetType(member: string, struct: JsonRecord): string {
  const has = (field: string) => own(struct, field) !== undefined;
  if (member === 'pods') return 'AverageValue';
  if (member === 'object') return has('averageValue') ? 'AverageValue' : 'Value';
  if (member === 'external') return has('targetValue') ? 'Value' : 'AverageValue';
  return has('targetAverageUtilization') ? 'Utilization' : 'AverageValue';
}
