// The decision that was in force at a moment of the past: from the controller's journal, else from the changes that the status keeps.
import type { DecisionRecord } from '../../api/schema-decision.ts';
import { type Explanation, explainRecord } from '../../record/explain/explain.ts';
import { durationText, momentText } from '../../record/explain/words.ts';
import { secondsText } from '../../record/wire.ts';
import { systemClock } from '../../base/clock.ts';
import type { Io } from '../command.ts';
import type { Moment } from './moment.ts';
import { harmless, sourceText, textOf } from './print.ts';
import type { Story } from './story.ts';
import type { ExplainOptions } from './usage.ts';

/** What was in force, and since when. */
type InForce =
  | {
      readonly kind: 'decision';
      readonly since: string;
      /** How many cycles in a row said the same; the record is of the last of them. */
      readonly cycles: number;
      readonly record: DecisionRecord;
      readonly explanation: Explanation;
      /** The moment lies between what is kept: there may have been other decisions. */
      readonly gap: { readonly from: string; readonly to: string } | undefined;
    }
  /** Only the size and the short reason are left. */
  | { readonly kind: 'change'; readonly since: string; readonly change: Story['history'][number] }
  /** Nothing reaches so far back; `oldest` does, if anything. */
  | { readonly kind: 'unknown'; readonly oldest: string | undefined };

export function explainAt(io: Io, story: Story, { atMs }: Moment, { output }: ExplainOptions): number {
  const nowMs = systemClock.now();
  const found = inForceAt(story, atMs, nowMs);
  const when = momentText(secondsText(atMs), nowMs);
  if (found.kind === 'unknown') {
    io.stderr.write(`setpoint explain: ${unknownText(story, found.oldest, when, nowMs)}\n`);
    return 1;
  }
  if (output === 'json') {
    io.stdout.write(`${JSON.stringify({ at: secondsText(atMs), ...found, source: story.source }, undefined, 2)}\n`);
    return 0;
  }
  const same =
    found.kind === 'decision' && found.cycles > 1 ? `, as ${found.cycles} cycles said; these are the last of them` : '';
  io.stdout.write(`At ${when}, in force since ${found.since}${same}:\n\n`);
  if (found.kind === 'decision' && found.gap) {
    const { from, to } = found.gap;
    io.stdout.write(
      `Nothing is kept between ${from} and ${to}: holds for other reasons may have been in force then.\n\n`,
    );
  }
  io.stdout.write(harmless(`${inForceText(story, found)}\n${sourceText(story.source)}\n`));
  return 0;
}

function inForceAt({ target, record, history, journal }: Story, atMs: number, nowMs: number): InForce {
  const told = (since: string, cycles: number, decided: DecisionRecord, after?: string): InForce => {
    const about = { name: target.key, spec: target.spec, conditions: [], nowMs, inForce: false };
    const explanation = explainRecord(decided, about);
    return { kind: 'decision', since, cycles, record: decided, explanation, gap: gapAt(atMs, decided.time, after) };
  };
  const isBefore = (time: string) => Date.parse(time) <= atMs;
  const place = journal?.findLastIndex(({ since }) => isBefore(since)) ?? -1;
  const entry = journal?.[place];
  // An entry that was taken from the status has no steps: it is a change, told below.
  if (entry?.record.steps !== undefined) {
    return told(entry.since, entry.cycles, entry.record, journal?.[place + 1]?.since);
  }
  if (record && isBefore(record.time)) return told(record.time, 1, record);
  const change = history.findLast(({ time }) => isBefore(time));
  if (change) return { kind: 'change', since: change.time, change };
  const times = [...(journal ?? []).map(({ since }) => since), ...history.map(({ time }) => time), record?.time];
  const known = times.filter((time) => time !== undefined).sort((left, right) => Date.parse(left) - Date.parse(right));
  return { kind: 'unknown', oldest: known[0] };
}

/** Cycles that follow each other are not further apart at the usual periods; of longer ones it is true as well that nothing is kept. */
const GAP_MS = 120_000;

/** The journal keeps changes longer than holds: the next entry it has need not be the next decision there was. */
function gapAt(atMs: number, last: string, next: string | undefined): { from: string; to: string } | undefined {
  if (next === undefined || atMs <= Date.parse(last) || Date.parse(next) - Date.parse(last) <= GAP_MS) return undefined;
  return { from: last, to: next };
}

function inForceText({ target }: Story, found: Exclude<InForce, { kind: 'unknown' }>): string {
  if (found.kind === 'decision') return textOf(found.explanation);
  const { from, to, reason } = found.change;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${target.key} had ${to} replicas, since a change from ${from}${why}.\n`;
}

function unknownText({ target, journal }: Story, oldest: string | undefined, when: string, nowMs: number): string {
  if (oldest === undefined) return `nothing is known of ${target.key} at ${when}: nothing was decided yet`;
  const back = durationText(nowMs - Date.parse(oldest));
  const more = journal ? '' : '; the controller, which may know more, was not asked';
  return `nothing is known of ${target.key} at ${when}: what is known begins at ${oldest}, ${back} ago${more}`;
}
