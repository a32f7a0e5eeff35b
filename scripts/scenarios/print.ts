// What was played as a compact time-line: every change of size and its why, what goes wrong when, which guards begin to act, and what
// must be true. Pure: results in, lines out.
import { GUARDS } from '../../src/api/reasons.ts';
import { causeOf, whyOfRecord } from '../../src/record/explain/why.ts';
import { reasonsOf } from '../../src/simulator/figures.ts';
import type { Moment, Played } from '../../src/simulator/play.ts';
import type { Result } from './files.ts';
import { clock, incidentText, length, limitText, measuredText } from './words.ts';

/** Words that say that something was not as it should be. */
const NOTEWORTHY: ReadonlySet<string> = new Set([...GUARDS, 'NoUsableMetric']);

interface Line {
  readonly seconds: number;
  readonly text: string;
}

/** All lines of one scenario. */
export function resultLines({ scenario, runs, verdicts }: Result, withBeside: boolean): string[] {
  const { file, load, seconds, name } = scenario;
  const beside = file.beside;
  return [
    `${name}: ${load.points} values of ${file.load.unit} in ${length(seconds)}, ${changesOf(runs.itself).length} changes of size`,
    ...timeLine(runs.itself, incidentLines(file.incidents)),
    ...(withBeside && beside
      ? [`  beside it, ${beside.title}: ${changesOf(runs.beside).length} changes`, ...timeLine(runs.beside, [])]
      : []),
    ...verdicts.map((verdict) => {
      const who = verdict.expectation.of === 'beside' ? `${beside?.title ?? 'beside'}: ` : '';
      const figures = `${measuredText(verdict)}, must be ${limitText(verdict)}`;
      return `  ${verdict.holds ? '✓' : '✗'} ${who}${verdict.expectation.says} (${figures})`;
    }),
  ];
}

function incidentLines(incidents: Result['scenario']['file']['incidents']): Line[] {
  return incidents.map((incident) => {
    const until = 'to' in incident ? ` until ${clock(incident.to)}` : '';
    return { seconds: incident.from, text: `! ${incidentText(incident)}${until}` };
  });
}

function timeLine(played: Played, others: readonly Line[]): string[] {
  // What goes wrong stands before what is done about it.
  const lines = [...others, ...holdLines(played), ...changeLines(played)];
  return lines
    .toSorted((left, right) => left.seconds - right.seconds)
    .map(({ seconds, text }) => `  ${clock(seconds).padStart(8)}  ${text}`);
}

function changesOf({ moments }: Played): Moment[] {
  return moments.filter(({ seconds, decision }) => seconds >= 0 && decision.rescale);
}

function changeLines(played: Played): Line[] {
  return changesOf(played).map(({ seconds, record }) => {
    const { currentReplicas: from, desiredReplicas: to } = record;
    const { subject, limit } = causeOf(record);
    const why = [subject, limit].filter((part) => part !== '').join(', ');
    return { seconds, text: `${to > from ? '▲' : '▼'} ${from} → ${to}  ${why}` };
  });
}

/** Where guards, or a lack of metrics, begin to keep a size. */
function holdLines({ moments }: Played): Line[] {
  let before = '';
  return moments.flatMap(({ seconds, decision, record }) => {
    const words = [...reasonsOf(record)].filter((word) => NOTEWORTHY.has(word)).join(', ');
    const begins = words !== '' && words !== before && seconds >= 0;
    before = words;
    return begins && !decision.rescale
      ? [{ seconds, text: `= ${decision.desiredReplicas}  ${words}: ${whyOfRecord(record)}` }]
      : [];
  });
}
