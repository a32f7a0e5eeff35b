// Two or three electors on one Lease, with calls that are slow, lost before or after they took effect, and processes that are
// frozen: whatever happens, no write of one leader can be under way while another may write.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SetpointError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Elector } from '../../../src/leader/elector.ts';
import { writeTimes } from '../../../src/leader/gate.ts';
import type { LeaseStore } from '../../../src/leader/lease-store.ts';
import { DEFAULT_LEASE_TIMES } from '../../../src/leader/lease-times.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLeaseStore } from '../../support/memory-lease-store.ts';
import { PausableClock } from '../../support/pausable-clock.ts';

const TICK_MS = 500;

interface Fault {
  /** Before the server acts; the client may have given up by then. */
  readonly before: number;
  /** Until the answer is there. */
  readonly after: number;
  readonly loses: 'nothing' | 'request' | 'answer';
}

/** The store as one process reaches it, over a bad network. */
function overNetwork(store: MemoryLeaseStore, clock: FakeClock, process: PausableClock, next: () => Fault): LeaseStore {
  const call = <T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const fault = next();
      const give = (deliver: () => void) => process.whenAwake(deliver);
      signal.addEventListener('abort', () => give(() => reject(new SetpointError('Cancelled', 'aborted'))), {
        once: true,
      });
      if (fault.loses === 'request') {
        clock.setTimer(fault.after, () => give(() => reject(new SetpointError('Network', 'lost'))));
        return;
      }
      clock.setTimer(fault.before, () => {
        // What was sent takes effect whether or not anyone still waits for the answer.
        const outcome = act();
        outcome.catch(() => undefined);
        clock.setTimer(fault.after, () => {
          if (fault.loses === 'answer') give(() => reject(new SetpointError('Network', 'lost')));
          else
            void outcome.then(
              (value) => give(() => resolve(value)),
              (error: Error) => give(() => reject(error)),
            );
        });
      });
    });
  return {
    get: (signal) => call(signal, () => store.get(signal)),
    create: (record, signal) => call(signal, () => store.create(record, signal)),
    update: (record, version, signal) => call(signal, () => store.update(record, version, signal)),
    watch: (onChange, signal) => store.watch(() => process.whenAwake(onChange), signal),
  };
}

const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ before: fc.nat(300), after: fc.nat(300), loses: fc.constant('nothing' as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      before: fc.nat(9000),
      after: fc.nat(9000),
      loses: fc.constantFrom('nothing' as const, 'request' as const, 'answer' as const),
    }),
  },
);
/** At tick `at`, process `who` is frozen, woken, cut off from the API server, connected again, or stopped in good order. */
const act = fc.record({
  at: fc.nat(239),
  who: fc.nat(2),
  what: fc.constantFrom<'freeze' | 'wake' | 'cut' | 'heal' | 'stop'>(
    'freeze',
    'wake',
    'wake',
    'cut',
    'heal',
    'heal',
    'stop',
  ),
});

it('never lets two leaders write at once', async () => {
  let leaderships = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 5, maxLength: 40 }),
      fc.array(act, { maxLength: 20 }),
      async (faults, acts) => {
        const clock = new FakeClock();
        const store = new MemoryLeaseStore();
        let calls = 0;
        const next = (isCut: boolean): Fault =>
          isCut ? { before: 0, after: 100, loses: 'request' } : faults[calls++ % faults.length]!;
        const all = [0, 1, 2].map((id) => {
          const process = new PausableClock(clock);
          const link = { isCut: false };
          const elector = new Elector({
            ...DEFAULT_LEASE_TIMES,
            store: overNetwork(store, clock, process, () => next(link.isCut)),
            clock: process,
            random: () => 0.5,
            logger: silentLogger,
            identity: `p${id}`,
            onLeading: (isLeading) => (leaderships += isLeading ? 1 : 0),
          });
          elector.acquire().catch(() => undefined);
          return { process, link, elector, writesUntil: Number.NEGATIVE_INFINITY };
        });
        const { writeTimeoutMs } = writeTimes(DEFAULT_LEASE_TIMES.renewDeadlineMs);
        for (let tick = 0; tick < 240; tick++) {
          for (const { who, what } of acts.filter(({ at }) => at === tick)) {
            const one = all[who]!;
            if (what === 'freeze') one.process.pause();
            else if (what === 'wake') one.process.resume();
            else if (what === 'cut' || what === 'heal') one.link.isCut = what === 'cut';
            else if (!one.process.isPaused && one.writesUntil <= clock.monotonic()) void one.elector.stop();
          }
          await clock.advance(TICK_MS);
          const now = clock.monotonic();
          for (const one of all) {
            if (one.process.isPaused || !one.elector.gate.isOpen) continue;
            const others = all.filter((other) => other !== one && other.writesUntil > now);
            expect(others.map(({ elector }) => elector.leader)).toEqual([]);
            one.writesUntil = now + writeTimeoutMs;
          }
        }
        for (const { process, elector } of all) {
          process.resume();
          void elector.stop();
        }
        await clock.advance(30_000);
      },
    ),
    { numRuns: 40 },
  );
  // A property that nobody ever led in would prove nothing.
  expect(leaderships).toBeGreaterThan(40);
});
