// What must hold of all writes of all controllers in an audit log, however they were ended and whatever failed.
import type { AuditEntry } from '../../controlplane/audit.ts';

const LEASE_MS = 15_000;
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/**
 * Writes that their controller had no right to make: it did not hold the Lease, or had not renewed it for as long as it lasts.
 * @param requests of the controllers alone, when they were answered.
 * @returns a line for each.
 */
export function unsafeWrites(requests: readonly AuditEntry[]): string[] {
  const isLease = ({ resource }: AuditEntry) => resource === 'leases';
  const writes = requests.filter(({ verb, code = 0 }) => WRITES.has(verb) && code < 300);
  const leases = writes.filter(isLease).sort((a, b) => a.atMs - b.atMs);
  return writes
    .filter((write) => !isLease(write))
    .flatMap((write) => {
      const held = leases.findLast(({ atMs }) => atMs <= write.receivedAtMs);
      const problem = problemOf(write, held);
      const { verb, path, credential, receivedAtMs } = write;
      return problem ? [`${new Date(receivedAtMs).toISOString()} ${verb} ${path} by ${credential}: ${problem}`] : [];
    });
}

function problemOf(write: AuditEntry, held: AuditEntry | undefined): string | undefined {
  if (held === undefined || held.credential === undefined) return 'nobody held the Lease';
  if (held.credential !== write.credential) return `${held.credential} held the Lease`;
  // The first write of a Lease, by which it is made, is not recorded with its holder.
  if (held.verb === 'update' && held.holder === '') return 'it had given the Lease back';
  const ageMs = write.receivedAtMs - held.receivedAtMs;
  return ageMs < LEASE_MS ? undefined : `the Lease was renewed ${Math.round(ageMs)} ms before`;
}

/** Sizes written to one workload that were lower than the one before, with when. */
export function lowered(sizes: readonly AuditEntry[]): AuditEntry[] {
  return sizes.filter(({ replicas = 0 }, index) => index > 0 && replicas < (sizes[index - 1]?.replicas ?? 0));
}
