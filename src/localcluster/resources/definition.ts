// What the API server knows of one served resource in one version. Built-in kinds come from builtin.ts, custom ones from CRDs.

import type { SchemaNode } from '../schema/schema-node.ts';
import type { ResourceName } from '../status.ts';

/** Where `/scale` finds its parts, as simple dotted paths. */
export interface ScalePaths {
  specReplicas: string;
  statusReplicas: string;
  /** A label selector, either an object or already in string form. */
  selector: string | undefined;
}

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

export interface ResourceDefinition extends ResourceName {
  version: string;
  singular: string;
  listKind: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  /** Under which the storage keeps it: `pods`, `deployments.apps`. Two served resources may share one (events). */
  key: string;
  /** apiVersion the storage holds; other versions are converted on the way in and out. */
  storedApiVersion: string;
  hasStatus: boolean;
  /** metadata.generation counts changes outside metadata and status. */
  hasGeneration: boolean;
  /** PUT must say which version it replaces. */
  needsVersion: boolean;
  /** PUT of what is not there creates it. */
  createsOnUpdate: boolean;
  scale: ScalePaths | undefined;
  custom: boolean;
  schema: SchemaNode | undefined;
  /** Of a CRD; built-in kinds have their own columns. */
  printerColumns: readonly PrinterColumn[] | undefined;
}

export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
