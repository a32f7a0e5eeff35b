import { describe, expect, it } from 'vitest';
import type { DecisionRecord } from '../../../src/api/schema-decision.ts';
import type { CycleReport } from '../../../src/record/cycle-report.ts';
import { Journal } from '../../../src/record/journal.ts';
import { target } from '../../support/targets.ts';

const AT = Date.UTC(2026, 0, 1, 12);

function report(minute: number, changes: Partial<DecisionRecord> = {}, key = 'shop/web'): CycleReport {
  const time = new Date(AT + minute * 60_000).toISOString();
  return {
    cycle: `1-${minute}`,
    target: target({ key }),
    decision: undefined,
    conditions: [],
    record: { time, currentReplicas: 3, desiredReplicas: 3, outcome: 'Unchanged', ...changes },
    outcome: { kind: 'none' },
    readings: [],
    readyPods: 3,
    atMs: AT + minute * 60_000,
    lagMs: 0,
    error: undefined,
  };
}
const create = (options: Partial<ConstructorParameters<typeof Journal>[0]> = {}) =>
  new Journal({ maxBytes: 1_000_000, maxHolds: 3, ...options });
const grow = (from: number): Partial<DecisionRecord> => ({
  currentReplicas: from,
  desiredReplicas: from + 1,
  outcome: 'Written',
});

describe('journal', () => {
  it('counts cycles that tell the same story, and shows the newest of them', () => {
    const journal = create();
    journal.concluded(report(0));
    journal.concluded(report(1, { readyReplicas: 2 })); // other numbers, the same story
    journal.concluded(report(2, { scaleDownBlockedBy: 'ScaleDownStabilized' }));
    expect(journal.entries('shop/web')).toEqual([
      { kind: 'hold', record: report(1, { readyReplicas: 2 }).record, since: report(0).record?.time, cycles: 2 },
      {
        kind: 'hold',
        record: report(2, { scaleDownBlockedBy: 'ScaleDownStabilized' }).record,
        since: report(2).record?.time,
        cycles: 1,
      },
    ]);
  });

  it('keeps every change, and the last holds', () => {
    const journal = create();
    for (let minute = 0; minute < 20; minute += 2) {
      journal.concluded(report(minute, grow(minute)));
      journal.concluded(report(minute + 1, { currentReplicas: minute + 1, desiredReplicas: minute + 1 }));
    }
    const entries = journal.entries('shop/web');
    expect(entries.filter(({ kind }) => kind === 'change')).toHaveLength(10);
    expect(entries.filter(({ kind }) => kind === 'hold').map(({ record }) => record.currentReplicas)).toEqual([
      15, 17, 19,
    ]);
  });

  it('stays under its bytes: the oldest holds of all targets go before any change', () => {
    const journal = create({ maxHolds: 100 });
    journal.concluded(report(0, grow(1), 'shop/a'));
    for (let minute = 1; minute < 10; minute++)
      journal.concluded(report(minute, { currentReplicas: minute }, 'shop/a'));
    const full = journal.bytes;
    const small = create({ maxHolds: 100, maxBytes: Math.floor(full / 2) });
    small.concluded(report(0, grow(1), 'shop/a'));
    for (let minute = 1; minute < 10; minute++) small.concluded(report(minute, { currentReplicas: minute }, 'shop/b'));
    expect(small.bytes).toBeLessThanOrEqual(full / 2);
    expect(small.entries('shop/a')).toHaveLength(1);
    expect(small.entries('shop/b').at(-1)?.record.currentReplicas).toBe(9);
    expect(small.entries('shop/b').length).toBeLessThan(9);
  });

  it('keeps the newest of each target whatever else fills it, so that the next cycle is counted with it', () => {
    const journal = create({ maxBytes: 4000 });
    for (let minute = 0; minute < 50; minute++) journal.concluded(report(minute, grow(minute), 'shop/a'));
    for (let minute = 50; minute < 60; minute++) journal.concluded(report(minute, {}, 'shop/b'));
    for (let minute = 60; minute < 70; minute++) journal.concluded(report(minute, grow(minute), 'shop/a'));
    expect(journal.entries('shop/b')).toMatchObject([{ kind: 'hold', cycles: 10 }]);
    expect(journal.bytes).toBeLessThanOrEqual(4000);
  });

  it('tells texts of every script as they were, the older ones too', () => {
    const journal = create();
    for (const winner of ['cpu', 'größe', '負荷', 'cpu']) journal.concluded(report(0, { winner }));
    expect(journal.entries('shop/web').map(({ record }) => record.winner)).toEqual(['größe', '負荷', 'cpu']);
    expect(journal.newest('shop/web')?.record.winner).toBe('cpu');
  });

  it('counts the bytes of what was told last, which may be longer than what was told first', () => {
    const journal = create();
    journal.concluded(report(0, { outcome: 'Failed', error: 'short' }));
    journal.concluded(report(1, { outcome: 'Failed', error: 'x'.repeat(1000) }));
    const one = journal.bytes;
    journal.concluded(report(2));
    const alone = create();
    alone.concluded(report(2));
    expect(journal.bytes - alone.bytes).toBeGreaterThan(one + 990);
    journal.forgotten('shop', 'web');
    expect(journal.bytes).toBe(0);
  });

  it('forgets a target that is gone, bytes and all', () => {
    const journal = create();
    journal.concluded(report(0));
    journal.forgotten('shop', 'web');
    expect(journal.entries('shop/web')).toEqual([]);
    expect(journal.bytes).toBe(0);
  });

  it('has nothing to say of a cycle without a decision', () => {
    const journal = create();
    journal.concluded({ ...report(0), record: undefined });
    expect(journal.entries('shop/web')).toEqual([]);
  });
});
