// The changes of size, newest first, beside the charts: what is selected here is marked there, and the other way round.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { JournalView } from '../api-types.ts';
import { timeText } from './format.ts';
import { Notice } from './header.tsx';
import { isTyping, useKeys } from './hooks.ts';

export interface ChangesProps {
  readonly entries: readonly JournalView[];
  readonly selected: JournalView | undefined;
  readonly isKnown: boolean;
  readonly nowMs: number;
  readonly onSelect: (since: string | undefined) => void;
}

/** Changes and holds, newest first. */
export function newestFirst(journal: readonly JournalView[]): readonly JournalView[] {
  return journal.toReversed();
}

export function Changes({ entries, selected, isKnown, nowMs, onSelect }: ChangesProps) {
  const [withHolds, setHolds] = useState(false);
  const shown = entries.filter((entry) => withHolds || entry.kind === 'change' || entry === selected);
  const list = useRef<HTMLUListElement>(null);
  useKeys((event) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    const isElsewhere = event.key.startsWith('Arrow') && !list.current?.contains(document.activeElement);
    if (step === undefined || isTyping(event) || isElsewhere) return;
    event.preventDefault();
    const at = selected ? shown.indexOf(selected) : -1;
    const next = at + step;
    if (next < 0) onSelect(undefined);
    else if (next < shown.length) onSelect(shown[next]?.since);
  });
  useEffect(() => {
    const button = list.current?.querySelector<HTMLElement>('[aria-current="true"]');
    button?.scrollIntoView({ block: 'nearest' });
    if (list.current?.contains(document.activeElement)) button?.focus();
  }, [selected?.since]);
  return (
    <section class="changes" aria-label="Changes">
      <div class="panel-head">
        <h2>Changes</h2>
        <label>
          <input
            type="checkbox"
            checked={withHolds}
            onChange={({ currentTarget }) => setHolds(currentTarget.checked)}
          />{' '}
          holds too
        </label>
      </div>
      <ul ref={list}>
        <li>
          <button type="button" aria-current={!selected} onClick={() => onSelect(undefined)}>
            <span class="sign" aria-hidden="true">
              ●
            </span>
            <b>Now</b>
            <span class="when">the last decision</span>
          </button>
        </li>
        {shown.map((entry) => (
          <li key={entry.since}>
            <Entry entry={entry} isSelected={entry === selected} nowMs={nowMs} onSelect={onSelect} />
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <Notice>
          {!isKnown
            ? 'Reading the changes…'
            : entries.length === 0
              ? 'Nothing was decided yet.'
              : 'The size has not changed.'}
        </Notice>
      )}
    </section>
  );
}

interface EntryProps {
  readonly entry: JournalView;
  readonly isSelected: boolean;
  readonly nowMs: number;
  readonly onSelect: (since: string) => void;
}

function Entry({ entry: { kind, since, why, cycles, record }, isSelected, nowMs, onSelect }: EntryProps) {
  const { currentReplicas: from, desiredReplicas: to } = record;
  const way = kind === 'hold' ? 'held' : to > from ? 'up' : 'down';
  return (
    <button type="button" class={way} aria-current={isSelected} onClick={() => onSelect(since)}>
      <span class="sign" aria-hidden="true">
        {{ up: '▲', down: '▼', held: '=' }[way]}
      </span>
      <b>{kind === 'hold' ? `stays at ${to}` : `${from} → ${to}`}</b>
      <span class="when">
        {timeText(since, nowMs)}
        {cycles > 1 && ` ×${cycles}`}
      </span>
      <span class="why">
        <bdi>{why}</bdi>
      </span>
    </button>
  );
}
