// Who set which field last: metadata.managedFields, kept for every write over HTTP.

import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import type { WriteContext } from '../resources/prepare.ts';

export interface FieldChange {
  definition: ResourceDefinition;
  before: KubeObject | undefined;
  after: KubeObject;
  subresource: string;
  context: WriteContext;
  now: string;
}

export function trackFields(change: FieldChange): KubeObject {
  return change.after;
}
