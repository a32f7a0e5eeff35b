// An earlier decision: which one is told, and what is said where the journal has let holds go.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { explainAt } from '../../../../src/cli/explain/at.ts';
import { storyOfStatus } from '../../../../src/cli/explain/story.ts';
import type { JournalView } from '../../../../src/server/api-types.ts';
import { toldOf } from '../../../support/explained.ts';
import { equalSamples, situation } from '../../../support/situations.ts';

const { record } = toldOf(situation({ readings: [equalSamples(4, 450)] }));

function entry(kind: JournalView['kind'], since: string, last: string): JournalView {
  return { kind, since, cycles: 1, record: { ...record, time: last }, why: '', sentences: [] };
}

/** A change at eight, the first hold that is kept from half past eight to nine, then another. */
const journal = [
  entry('change', '2026-01-05T08:00:00Z', '2026-01-05T08:00:00Z'),
  entry('hold', '2026-01-05T08:30:00Z', '2026-01-05T08:59:45Z'),
  entry('hold', '2026-01-05T09:00:00Z', '2026-01-05T09:00:00Z'),
];

async function toldAt(at: string, output: 'text' | 'json' = 'text'): Promise<string> {
  const raw = { metadata: { namespace: 'shop', name: 'web' } };
  const story = { ...storyOfStatus(raw, 'not asked', Date.parse(at)), journal };
  const stdout = new PassThrough();
  const io = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), environment: {} };
  const options = { kubeconfig: undefined, context: undefined, namespace: 'shop', name: 'web', diff: undefined };
  const asked = { ...options, watch: false, output, controller: { kind: 'none', why: 'not asked' } as const };
  const moment = { atMs: Date.parse(at) };
  expect(explainAt({ ...io, signal: new AbortController().signal }, story, moment, { ...asked, at: moment })).toBe(0);
  stdout.end();
  return text(stdout);
}

const NOTHING = 'Nothing is kept between 2026-01-05T08:00:00Z and 2026-01-05T08:30:00Z:';

it.each([
  ['2026-01-05T08:00:00Z', '08:00:00Z', false],
  ['2026-01-05T08:10:00Z', '08:00:00Z', true],
  ['2026-01-05T08:45:00Z', '08:30:00Z', false],
  ['2026-01-05T08:59:50Z', '08:30:00Z', false],
  ['2026-01-05T12:00:00Z', '09:00:00Z', false],
])('at %s the decision of %s counts; something may be missing: %s', async (at, since, isGap) => {
  const told = await toldAt(at);
  expect(told).toMatch(new RegExp(`^At ${at} .*, in force since 2026-01-05T${since}:\n`));
  expect(told.includes(NOTHING)).toBe(isGap);
  const { gap } = JSON.parse(await toldAt(at, 'json')) as { gap?: unknown };
  expect(gap !== undefined).toBe(isGap);
});
