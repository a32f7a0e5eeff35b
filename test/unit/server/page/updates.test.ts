import { describe, expect, it } from 'vitest';
import type { JournalView, TargetDetail, TargetUpdate } from '../../../../src/server/api-types.ts';
import { addUpdate } from '../../../../src/server/page/updates.ts';

const entry = (since: string, cycles = 1) => ({ since, cycles, kind: 'hold' }) as JournalView;
const point = (atMs: number) => ({ atMs }) as TargetDetail['timeline'][number];
const detail = {
  sentences: ['old'],
  journal: [entry('1'), entry('2')],
  timeline: [point(1), point(2)],
} as unknown as TargetDetail;
const update = (changes: Partial<TargetUpdate>) => ({ sentences: ['new'], ...changes }) as TargetUpdate;

describe('what is new of a target', () => {
  it('an entry that goes on takes the place of the last one; a new story comes after it', () => {
    expect(addUpdate(detail, update({ entry: entry('2', 5) })).journal).toEqual([entry('1'), entry('2', 5)]);
    expect(addUpdate(detail, update({ entry: entry('3') })).journal).toEqual([entry('1'), entry('2'), entry('3')]);
  });

  it('a point comes once, and none is added out of order', () => {
    const times = (atMs: number) => addUpdate(detail, update({ point: point(atMs) })).timeline.map((one) => one.atMs);
    expect(times(3)).toEqual([1, 2, 3]);
    expect(times(2)).toEqual([1, 2]);
    expect(times(1)).toEqual([1, 2]);
  });

  it('what does not come with it stays, and what was known is not changed', () => {
    const next = addUpdate(detail, update({}));
    expect([next.journal, next.timeline, next.sentences]).toEqual([detail.journal, detail.timeline, ['new']]);
    expect(detail.sentences).toEqual(['old']);
  });
});
