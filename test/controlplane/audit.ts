// The audit log of the API server: what it is told to record, and its lines as typed entries.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * One line for each request when it is answered; for a watch one more when it begins. Health checks are left out. Sizes and holders of
 * leases are kept as they were asked for.
 */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version'] },
    {
      level: 'Request',
      verbs: ['update', 'patch'],
      resources: [
        ...['', 'apps', 'example.com'].map((group) => ({ group, resources: ['*/scale'] })),
        { group: 'coordination.k8s.io', resources: ['leases'] },
      ],
      omitManagedFields: true,
    },
    { level: 'Metadata', omitManagedFields: true },
  ],
};

export interface AuditEntry {
  readonly id: string;
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly user: string;
  /** Such as `JTI=...` of a service account's token; undefined of users whose credentials have no name. */
  readonly credential: string | undefined;
  readonly userAgent: string;
  readonly path: string;
  /** Empty for the core group. */
  readonly group: string;
  /** Plural; undefined for what is no resource, such as /apis. */
  readonly resource: string | undefined;
  /** Such as `scale` or `status`. */
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Size that a write of a scale asked for. */
  readonly replicas: number | undefined;
  /** That a write of a Lease asked for; empty when it was given back. */
  readonly holder: string | undefined;
  /** HTTP status. */
  readonly code: number | undefined;
  /** Milliseconds since 1970, with microseconds as fraction. */
  readonly receivedAtMs: number;
  /** Of this stage. */
  readonly atMs: number;
}

const Line = z.object({
  auditID: z.string(),
  stage: z.enum(['ResponseStarted', 'ResponseComplete', 'Panic']),
  requestURI: z.string(),
  verb: z.string(),
  user: z.object({
    username: z.string().default(''),
    extra: z.record(z.string(), z.array(z.string())).default({}),
  }),
  userAgent: z.string().default(''),
  objectRef: z
    .object({
      resource: z.string().optional(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      apiGroup: z.string().default(''),
    })
    .optional(),
  requestObject: z
    .object({ spec: z.object({ replicas: z.number().optional(), holderIdentity: z.string().nullish() }).optional() })
    .optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
});

/** In the order they were written. A last line that is still being written is left out. @throws where a line is none of the log's. */
export function readAudit(path: string): AuditEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => entryOf(Line.parse(JSON.parse(line))));
}

function entryOf(line: z.infer<typeof Line>): AuditEntry {
  return {
    id: line.auditID,
    stage: line.stage,
    verb: line.verb,
    user: line.user.username,
    credential: line.user.extra['authentication.kubernetes.io/credential-id']?.[0],
    userAgent: line.userAgent,
    path: line.requestURI,
    group: line.objectRef?.apiGroup ?? '',
    resource: line.objectRef?.resource,
    subresource: line.objectRef?.subresource,
    namespace: line.objectRef?.namespace,
    name: line.objectRef?.name,
    ...askedFor(line),
    code: line.responseStatus?.code,
    receivedAtMs: timeOf(line.requestReceivedTimestamp),
    atMs: timeOf(line.stageTimestamp),
  };
}

/** Zero and the empty text are left out of what is sent. */
function askedFor({ objectRef, requestObject }: z.infer<typeof Line>): Pick<AuditEntry, 'replicas' | 'holder'> {
  const { replicas = 0, holderIdentity } = requestObject?.spec ?? {};
  const isLease = objectRef?.resource === 'leases';
  return {
    replicas: requestObject && objectRef?.subresource === 'scale' ? replicas : undefined,
    holder: requestObject && isLease ? (holderIdentity ?? '') : undefined,
  };
}

/** RFC 3339 with microseconds, of which Date keeps the milliseconds. */
function timeOf(text: string): number {
  const micros = /\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? '';
  return Date.parse(text) + Number(micros.padEnd(3, '0')) / 1000;
}
