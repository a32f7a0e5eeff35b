// What is known of a target and what is new of it become what is known. Pure.
import type { JournalView, TargetDetail, TargetUpdate } from '../api-types.ts';
import type { TimelinePoint } from '../../record/timeline.ts';

/** More are not told apart on a screen, and the server keeps fewer. */
const MOST_POINTS = 5_000;
const MOST_ENTRIES = 1_000;

/** The entry takes the place of the last one when it goes on with its story; a point that is known is not added again. */
export function addUpdate(detail: TargetDetail, update: TargetUpdate): TargetDetail {
  const { entry, point, ...rest } = update;
  return { ...rest, journal: addEntry(detail.journal, entry), timeline: addPoint(detail.timeline, point) };
}

function addEntry(journal: readonly JournalView[], entry: JournalView | undefined): readonly JournalView[] {
  if (!entry) return journal;
  const rest = journal.at(-1)?.since === entry.since ? journal.slice(0, -1) : journal;
  return [...rest, entry].slice(-MOST_ENTRIES);
}

function addPoint(timeline: readonly TimelinePoint[], point: TimelinePoint | undefined): readonly TimelinePoint[] {
  const last = timeline.at(-1);
  if (!point || (last && point.atMs <= last.atMs)) return timeline;
  return [...timeline, point].slice(-MOST_POINTS);
}
