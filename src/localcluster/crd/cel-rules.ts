// x-kubernetes-validations of custom resources.

import type { KubeObject } from '../objects.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import type { StatusCause } from '../status.ts';

export function celCauses(_schema: SchemaNode, _object: KubeObject, _current: KubeObject | undefined): StatusCause[] {
  return [];
}
