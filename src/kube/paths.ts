// URL paths of API resources. Every part is escaped, so that no name, however odd, reaches another path.

export interface ResourcePath {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural. */
  readonly resource: string;
  /** Unset: across namespaces, or a resource without namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
}

/** Such as `/apis/apps/v1/namespaces/shop/deployments/web/scale`. */
export function resourcePath(parts: ResourcePath): string {
  const segments = [groupVersionPath(parts.group, parts.version).slice(1)];
  if (parts.namespace !== undefined) segments.push('namespaces', escapeSegment(parts.namespace));
  segments.push(escapeSegment(parts.resource));
  if (parts.name !== undefined) segments.push(escapeSegment(parts.name));
  if (parts.subresource !== undefined) segments.push(escapeSegment(parts.subresource));
  return `/${segments.join('/')}`;
}

/** Such as `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath(group: string, version: string): string {
  return group === '' ? `/api/${escapeSegment(version)}` : `/apis/${escapeSegment(group)}/${escapeSegment(version)}`;
}

function escapeSegment(text: string): string {
  // `.` and `..` survive percent-encoding and would walk up the path.
  return encodeURIComponent(text).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));
}
