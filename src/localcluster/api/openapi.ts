// /openapi/v3: which documents there are, and one per group version.

import type { Registry } from '../resources/registry.ts';

export function openapiDocument(_registry: Registry, path: string): unknown {
  return path === '/openapi/v3' ? { paths: {} } : undefined;
}
