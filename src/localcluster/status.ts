// The errors of the API: one class with HTTP code, reason, message and details, and one maker per kind of refusal.
// Messages are those of the real API server, since clients and people read them.

export interface StatusCause {
  reason: string;
  message: string;
  field: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** Where a list may go on. */
interface ListMeta {
  readonly continue?: string;
}

/** What a message needs to know of a resource. */
export interface ResourceName {
  group: string;
  plural: string;
  kind: string;
}

export class ApiStatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly metadata: ListMeta;

  /** An empty reason is left out. */
  constructor(code: number, reason: string, message: string, details?: StatusDetails, metadata: ListMeta = {}) {
    super(message);
    this.name = 'ApiStatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }

  /** The `Status` object that goes over the wire. */
  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualifiedResource(resource: { group: string; plural: string }): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function detailsOf(resource: ResourceName, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

export function notFound(resource: ResourceName, name: string): ApiStatusError {
  const message = `${qualifiedResource(resource)} "${name}" not found`;
  return new ApiStatusError(404, 'NotFound', message, detailsOf(resource, name));
}

export function unknownPath(): ApiStatusError {
  return new ApiStatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: ResourceName, name: string): ApiStatusError {
  const message = `${qualifiedResource(resource)} "${name}" already exists`;
  return new ApiStatusError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: ResourceName, name: string, why?: string): ApiStatusError {
  const because = why ?? 'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${because}`;
  return new ApiStatusError(409, 'Conflict', message, detailsOf(resource, name));
}

export function uidConflict(resource: ResourceName, name: string, wanted: string, actual: string): ApiStatusError {
  return conflict(resource, name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`);
}

/** Which precondition of a deletion does not hold. */
export function preconditionFailed(resource: ResourceName, name: string, why: string): ApiStatusError {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  const message = `Operation cannot be fulfilled on ${kind} "${name}": ${why}`;
  return new ApiStatusError(409, 'Conflict', message, { ...detailsOf(resource, name), kind: resource.kind });
}

/** 422 with all faults; `name` is the object's. */
export function invalid(resource: ResourceName, name: string, causes: StatusCause[]): ApiStatusError {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiStatusError(422, 'Invalid', `${kind} "${name}" is invalid: ${text}`, {
    ...detailsOf(resource, name),
    kind: resource.kind,
    causes,
  });
}

export function badRequest(message: string): ApiStatusError {
  return new ApiStatusError(400, 'BadRequest', message);
}

export function expired(message: string, metadata: ListMeta = {}): ApiStatusError {
  return new ApiStatusError(410, 'Expired', message, undefined, metadata);
}

export function unauthorized(): ApiStatusError {
  return new ApiStatusError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(resource: ResourceName, name: string, why: string): ApiStatusError {
  const subject = name === '' ? qualifiedResource(resource) : `${qualifiedResource(resource)} "${name}"`;
  return new ApiStatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(resource, name));
}

export function methodNotAllowed(): ApiStatusError {
  return new ApiStatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

export function unsupportedMediaType(accepted: readonly string[], remedy?: string): ApiStatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiStatusError(415, 'UnsupportedMediaType', remedy === undefined ? message : `${message}; ${remedy}`);
}

// -- Field faults, in the words of the real validation --

export function invalidValue(field: string, value: unknown, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${show(value)}: ${why}`, field };
}

export function requiredValue(field: string, why = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: `Required value${why === '' ? '' : `: ${why}`}`, field };
}

export function unsupportedValue(field: string, value: unknown, supported: readonly unknown[]): StatusCause {
  const list = supported.map((item) => show(item)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${show(value)}: supported values: ${list}`,
    field,
  };
}

export function tooLong(field: string, bytes: number): StatusCause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${bytes} bytes`, field };
}

export function forbiddenField(field: string, why: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
