// One decision told in full: its sentences, what each metric asked for, and the steps that changed the number.
import type { DecidedMetric, DecisionRecord } from '../../api/schema-decision.ts';
import type { JournalView, TargetDetail } from '../api-types.ts';
import { durationText, timeText, UNKNOWN } from './format.ts';
import { Notice } from './header.tsx';
import { useNow } from './hooks.ts';

export interface StoryProps {
  readonly detail: TargetDetail | undefined;
  /** Undefined: the last decision. */
  readonly selected: JournalView | undefined;
  readonly clockOffsetMs: number;
  readonly onNow: () => void;
}

export function Story({ detail, selected, clockOffsetMs, onNow }: StoryProps) {
  const record = selected?.record ?? detail?.record;
  const sentences = selected?.sentences ?? detail?.sentences ?? [];
  const now = useNow() + clockOffsetMs;
  return (
    <section class="story" aria-label="Why">
      <div class="panel-head">
        <h2>{selected ? 'Why, then' : 'Why, now'}</h2>
        <span class="when">
          {record && `${timeText(record.time, now)}, ${durationText(now - Date.parse(record.time))} ago`}
        </span>
        {selected && (
          <button type="button" onClick={onNow}>
            Show the last decision
          </button>
        )}
      </div>
      {/* The scroll bar is for the keyboard, too. */}
      <div class="scroll" tabIndex={0} role="group" aria-label="The decision in sentences, metrics and steps">
        {record ? (
          <>
            <ul class="sentences">
              {sentences.map((sentence, index) => (
                <li key={index}>
                  <bdi>{sentence}</bdi>
                </li>
              ))}
            </ul>
            <Metrics metrics={record.metrics ?? []} />
            <Steps record={record} />
          </>
        ) : (
          <Notice>
            {detail ? 'Nothing decided yet. The first decision comes within a period of the target.' : 'Reading…'}
          </Notice>
        )}
      </div>
    </section>
  );
}

function Metrics({ metrics }: { readonly metrics: readonly DecidedMetric[] }) {
  if (metrics.length === 0) return null;
  return (
    <table>
      <caption>What each metric asked for</caption>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col" class="number">
            Value
          </th>
          <th scope="col" class="number">
            Target
          </th>
          <th scope="col" class="number">
            Age
          </th>
          <th scope="col" class="number">
            Asks for
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {metrics.map((metric) => (
          <MetricLine key={metric.name} metric={metric} />
        ))}
      </tbody>
    </table>
  );
}

function MetricLine({ metric }: { readonly metric: DecidedMetric }) {
  const { name, value, target, ageSeconds, proposal, rawProposal, verdict, detail } = metric;
  return (
    <tr title={detail}>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      <td class="number">{value ?? 'not read'}</td>
      <td class="number">{target ?? UNKNOWN}</td>
      <td class="number">{ageSeconds === undefined ? UNKNOWN : durationText(ageSeconds * 1000)}</td>
      <td class="number">
        {proposal ?? UNKNOWN}
        {rawProposal !== undefined && rawProposal !== proposal && <small> (was {rawProposal})</small>}
      </td>
      <td>{wordsOf(verdict)}</td>
    </tr>
  );
}

function Steps({
  record: { steps = [], currentReplicas, desiredReplicas, outcome, error },
}: {
  readonly record: DecisionRecord;
}) {
  return (
    <table class="steps">
      <caption>
        Step by step: {currentReplicas} → {desiredReplicas}
        {outcome !== undefined && `, ${outcome.toLowerCase()}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Stage</th>
          <th scope="col" class="number">
            Number
          </th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ stage, before, after, reason, detail }, index) => (
          <tr key={index}>
            <th scope="row">{stage}</th>
            <td class="number">
              {before} → {after}
            </td>
            <td>
              {wordsOf(reason)}
              {detail !== undefined && (
                <small>
                  {' '}
                  <bdi>{detail}</bdi>
                </small>
              )}
            </td>
          </tr>
        ))}
        {steps.length === 0 && (
          <tr>
            <td colSpan={3}>Nothing changed the number.</td>
          </tr>
        )}
        {error !== undefined && (
          <tr class="error">
            <th scope="row">error</th>
            <td colSpan={2}>
              <bdi>{error}</bdi>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** `ScaleDownStabilized` is `scale down stabilized`. */
export function wordsOf(word: string): string {
  return word.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}
