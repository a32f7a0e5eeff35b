// How an explanation looks on a terminal and as JSON.
import type { Explanation } from '../../record/explain/explain.ts';
import { relativeText } from '../../record/explain/words.ts';
import type { Io } from '../command.ts';
import type { Source, Story } from './story.ts';

const INDENT = '  ';

/** To a terminal, control characters and turns of direction are commands: texts of others, as in a status or an error, may hold some. */
export function harmless(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}|\p{Bidi_Control}/gu, '\u{FFFD}');
}

export function printText(io: Pick<Io, 'stdout'>, story: Story, explanation: Explanation, nowMs: number): void {
  io.stdout.write(
    harmless(`${textOf(explanation)}${historyText(story.history, nowMs)}\n${sourceText(story.source)}\n`),
  );
}

/** The headline, then what was asked for, what changed it, and what comes next, a paragraph each. */
export function textOf({ headline, metrics, steps, outcome, next }: Explanation): string {
  const paragraphs = [metrics, [...steps, outcome], next]
    .map((sentences) => sentences.filter((sentence) => sentence !== ''))
    .filter((sentences) => sentences.length > 0)
    .map((sentences) => `\n${sentences.map((sentence) => `${INDENT}${sentence}\n`).join('')}`);
  return `${headline}\n${paragraphs.join('')}`;
}

function historyText(history: Story['history'], nowMs: number): string {
  if (history.length === 0) return '';
  const rows = history.toReversed().map(({ time, from, to, reason }) => {
    const ago = relativeText(Date.parse(time) - nowMs);
    // The short reason begins with the change, or has it behind the metric: the rest of it is what is new here.
    return `${INDENT}${time}  ${ago.padEnd(16)}  ${reason ?? `${from} → ${to}`}\n`;
  });
  return `\nLast changes, the newest first:\n${rows.join('')}`;
}

export function sourceText(source: Source): string {
  return source.kind === 'controller'
    ? `Told by the controller (${source.where}, version ${source.version}).`
    : `Told from the status, which is written when something changes: values may be older. The controller: ${source.why}.`;
}

export function printJson(io: Pick<Io, 'stdout'>, story: Story, explanation: Explanation): void {
  const { record, source, conditions, history } = story;
  io.stdout.write(`${JSON.stringify({ record, explanation, source, conditions, history }, undefined, 2)}\n`);
}
