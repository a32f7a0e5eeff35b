// The decision that was in force at a moment of the past: from the controller's journal, else from the changes that the status keeps.
import type { DecisionRecord } from '../../api/schema-decision.ts';
import { type Explanation, explainRecord } from '../../record/explain/explain.ts';
import { durationText, momentText } from '../../record/explain/words.ts';
import { secondsText } from '../../record/wire.ts';
import { systemClock } from '../../base/clock.ts';
import type { Io } from '../command.ts';
import type { Moment } from './moment.ts';
import { sourceText, textOf } from './print.ts';
import type { Story } from './story.ts';
import type { ExplainOptions } from './usage.ts';

/** What was in force, and since when. */
export type InForce =
  | {
      readonly kind: 'decision';
      readonly since: string;
      readonly record: DecisionRecord;
      readonly explanation: Explanation;
    }
  /** Only the size and the short reason are left. */
  | { readonly kind: 'change'; readonly since: string; readonly change: Story['history'][number] }
  /** Nothing reaches so far back; `oldest` does, if anything. */
  | { readonly kind: 'unknown'; readonly oldest: string | undefined };

export function explainAt(io: Io, story: Story, { atMs }: Moment, { output }: ExplainOptions): number {
  const nowMs = systemClock.now();
  const found = inForceAt(story, atMs);
  const when = momentText(secondsText(atMs), nowMs);
  if (found.kind === 'unknown') {
    io.stderr.write(`setpoint explain: ${unknownText(story, found.oldest, when, nowMs)}\n`);
    return 1;
  }
  if (output === 'json') {
    io.stdout.write(`${JSON.stringify({ at: secondsText(atMs), ...found, source: story.source }, undefined, 2)}\n`);
    return 0;
  }
  io.stdout.write(`At ${when}:\n${inForceText(story, found)}\n${sourceText(story.source)}\n`);
  return 0;
}

export function inForceAt({ target, record, conditions, history, journal }: Story, atMs: number): InForce {
  const told = (since: string, decided: DecisionRecord): InForce => {
    const about = { name: target.key, spec: target.spec, conditions, nowMs: atMs, inForce: false };
    return { kind: 'decision', since, record: decided, explanation: explainRecord(decided, about) };
  };
  const isBefore = (time: string) => Date.parse(time) <= atMs;
  const entry = journal?.findLast(({ since }) => isBefore(since));
  // An entry that was taken from the status has no steps: it is a change, told below.
  const isWhole = entry?.record.steps !== undefined;
  if (entry && isWhole) return told(entry.since, entry.record);
  if (record && isBefore(record.time)) return told(record.time, record);
  const change = history.findLast(({ time }) => isBefore(time));
  if (change) return { kind: 'change', since: change.time, change };
  const times = [...(journal ?? []).map(({ since }) => since), ...history.map(({ time }) => time), record?.time];
  const known = times.filter((time) => time !== undefined).sort((a, b) => Date.parse(a) - Date.parse(b));
  return { kind: 'unknown', oldest: known[0] };
}

function inForceText({ target }: Story, found: Exclude<InForce, { kind: 'unknown' }>): string {
  if (found.kind === 'decision') return textOf(found.explanation);
  const { from, to, reason } = found.change;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${target.key} had ${to} replicas, since a change from ${from} at ${found.since}${why}.\n`;
}

function unknownText({ target, journal }: Story, oldest: string | undefined, when: string, nowMs: number): string {
  if (oldest === undefined) return `nothing is known of ${target.key} at ${when}: nothing was decided yet`;
  const back = durationText(nowMs - Date.parse(oldest));
  const more = journal ? '' : '; the controller, which may know more, was not asked';
  return `nothing is known of ${target.key} at ${when}: what is known begins at ${oldest}, ${back} ago${more}`;
}
