// Which writes in an audit log had no right to be made.
import { expect, test } from 'vitest';
import type { AuditEntry } from '../../controlplane/audit.ts';
import { lowered, unsafeWrites } from '../../e2e/real/safe-writes.ts';

function entry(changes: Partial<AuditEntry>): AuditEntry {
  const atMs = changes.receivedAtMs ?? 0;
  return {
    id: 'x',
    stage: 'ResponseComplete',
    verb: 'update',
    user: 'setpoint',
    credential: 'one',
    userAgent: '',
    path: '/scale',
    group: 'apps',
    resource: 'deployments',
    subresource: 'scale',
    namespace: 'shop',
    name: 'web',
    replicas: 2,
    holder: undefined,
    code: 200,
    receivedAtMs: atMs,
    atMs,
    ...changes,
  };
}

const renewed = (credential: string, seconds: number, changes: Partial<AuditEntry> = {}): AuditEntry =>
  entry({
    credential,
    receivedAtMs: seconds * 1000,
    holder: `pod-${credential}`,
    replicas: undefined,
    group: 'coordination.k8s.io',
    resource: 'leases',
    subresource: undefined,
    name: 'setpoint',
    ...changes,
  });
const wrote = (credential: string, seconds: number, changes: Partial<AuditEntry> = {}): AuditEntry =>
  entry({ credential, receivedAtMs: seconds * 1000, ...changes });

test.each<[name: string, requests: readonly AuditEntry[]]>([
  ['of the one who renewed last', [renewed('one', 0), wrote('one', 14), renewed('two', 16), wrote('two', 17)]],
  ['that was refused', [renewed('one', 0), wrote('two', 1, { code: 409 })]],
  ['while another failed to take the Lease', [renewed('one', 0), renewed('two', 1, { code: 409 }), wrote('one', 2)]],
  ['that is only a read', [wrote('two', 1, { verb: 'get' })]],
])('a write %s is safe', (_name, requests) => {
  expect(unsafeWrites(requests)).toEqual([]);
});

test.each<[problem: string, requests: readonly AuditEntry[]]>([
  ['nobody held the Lease', [wrote('one', 1)]],
  ['two held the Lease', [renewed('one', 0), renewed('two', 16), wrote('one', 17)]],
  ['it had given the Lease back', [renewed('one', 0), renewed('one', 5, { holder: '' }), wrote('one', 6)]],
  ['the Lease was renewed 16000 ms before', [renewed('one', 0), wrote('one', 16)]],
])('a write is unsafe: %s', (problem, requests) => {
  expect(unsafeWrites(requests)).toEqual([expect.stringMatching(new RegExp(`update /scale by one: ${problem}$`))]);
});

test('a size is lowered when it is less than the one before', () => {
  const sizes = [3, 5, 5, 4, 6].map((replicas, index) => wrote('one', index, { replicas }));
  expect(lowered(sizes).map(({ replicas }) => replicas)).toEqual([4]);
});
