// All targets: a list that is searched, sorted, walked through by keyboard, and stays smooth because only the rows in sight exist.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TargetRow } from '../api-types.ts';
import { nowMs } from './browser.ts';
import type { FleetView } from './fleet.ts';
import { Notice } from './header.tsx';
import { amend, isOnControl, isTyping, useKeys, useMedia, useNow } from './hooks.ts';
import { orderRows, visibleRows } from './rows.ts';
import { COLUMNS, type Column, type OverviewRoute } from './route.ts';
import { COLUMN_TITLES, ROW_HEIGHTS, Row } from './row.tsx';

/** A list that sorts itself anew more often cannot be read, nor clicked. */
const REORDER_MS = 2_000;

export interface OverviewProps {
  readonly route: OverviewRoute;
  readonly view: FleetView;
  /** `namespace/name`; kept while one looks at a target. */
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
}

export function Overview({ route, view, selected, onSelect }: OverviewProps) {
  const search = useRef<HTMLInputElement>(null);
  const order = useOrder(view, route);
  const list = useRef<ListHandle>(null);
  const move = (step: number): void => {
    const at = selected === undefined ? -1 : order.indexOf(selected);
    const next = at < 0 ? 0 : Math.max(0, Math.min(order.length - 1, at + step));
    const key = order[next];
    if (key === undefined) return;
    onSelect(key);
    list.current?.show(next);
  };
  useKeys((event) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -1e9,
      End: 1e9,
    };
    if (!isTyping(event)) Object.assign(steps, { j: 1, k: -1 });
    else if (event.target !== search.current || ['Home', 'End'].includes(event.key)) return;
    const step = steps[event.key];
    const isField = isTyping(event);
    if (step !== undefined) move(step);
    else if (event.key === '/' && !isField) search.current?.focus();
    else if (event.key === 'Enter' && (isField || !isOnControl(event)) && selected !== undefined)
      list.current?.open(selected);
    else if (event.key === 'Escape') leaveSearch();
    else return;
    event.preventDefault();
  });
  const leaveSearch = (): void => {
    if (document.activeElement === search.current) search.current?.blur();
    else if (route.query !== '') amend({ ...route, query: '' });
  };
  const sortBy = (sort: Column): void =>
    amend({ ...route, sort, descending: route.sort === sort && !route.descending });
  return (
    <main class="overview">
      <h1 class="unseen">All targets</h1>
      <div class="tools">
        <input
          ref={search}
          type="search"
          value={route.query}
          placeholder="Search: namespace, name, workload, why"
          aria-label="Search targets by namespace, name, workload or why"
          spellcheck={false}
          onInput={({ currentTarget }) => amend({ ...route, query: currentTarget.value })}
        />
        <label class="sorting">
          Sort{' '}
          <select value={route.sort} onChange={({ currentTarget }) => sortBy(currentTarget.value as Column)}>
            {COLUMNS.map((column) => (
              <option key={column} value={column}>
                {COLUMN_TITLES[column]}
              </option>
            ))}
          </select>
        </label>
        <span class="found" role="status">
          {route.query !== '' && view.controller && `${order.length} of ${view.rows.size}`}
        </span>
        <span class="keys" aria-hidden="true">
          <kbd>/</kbd> search <kbd>↑</kbd>
          <kbd>↓</kbd> select <kbd>Enter</kbd> open <kbd>Esc</kbd> back
        </span>
      </div>
      <List
        handle={list}
        order={order}
        view={view}
        route={route}
        selected={selected}
        onSelect={onSelect}
        onSort={sortBy}
      />
    </main>
  );
}

/** The keys in order: at once when something else is wished for, every few seconds while rows change. */
function useOrder(view: FleetView, { query, sort, descending }: OverviewRoute): readonly string[] {
  const last = useRef<{ wishes: string; atMs: number; size: number; order: readonly string[] }>(null);
  const wishes = JSON.stringify([query, sort, descending]);
  const known = last.current;
  const isFresh =
    known && known.wishes === wishes && nowMs() - known.atMs < REORDER_MS && known.size === view.rows.size;
  if (isFresh) return known.order;
  const order = orderRows(view.rows.values(), { query, sort, descending });
  last.current = { wishes, atMs: nowMs(), size: view.rows.size, order };
  return order;
}

interface ListHandle {
  readonly show: (index: number) => void;
  readonly open: (key: string) => void;
}

interface ListProps {
  readonly handle: { current: ListHandle | null };
  readonly order: readonly string[];
  readonly view: FleetView;
  readonly route: OverviewRoute;
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
  readonly onSort: (column: Column) => void;
}

function List({ handle, order, view, route, selected, onSelect, onSort }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia('(max-width: 760px)');
  const rowHeight = isNarrow ? ROW_HEIGHTS.narrow : ROW_HEIGHTS.wide;
  const headHeight = isNarrow ? 0 : ROW_HEIGHTS.head;
  const [{ scrollTop, height }, setSight] = useState({ scrollTop: 0, height: 0 });
  const look = useCallback(() => {
    const element = box.current;
    if (element) setSight({ scrollTop: element.scrollTop, height: element.clientHeight });
  }, []);
  useLayoutEffect(look, [look, isNarrow]);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [look]);
  // Another search or order begins at its top; coming back, at what was looked at.
  useEffect(() => {
    const index = selected === undefined ? -1 : order.indexOf(selected);
    box.current?.scrollTo(0, 0);
    if (index > 0) handle.current?.show(index);
  }, [route.query, route.sort, route.descending]);
  handle.current = {
    show: (index) => {
      const element = box.current;
      if (!element) return;
      const from = index * rowHeight;
      const room = element.clientHeight - headHeight;
      if (from < element.scrollTop) element.scrollTop = from;
      else if (from + rowHeight > element.scrollTop + room) element.scrollTop = from + rowHeight - room;
    },
    open: (key) => box.current?.querySelector<HTMLAnchorElement>(`[data-key="${CSS.escape(key)}"] a`)?.click(),
  };
  const open = ({ target }: MouseEvent): void => {
    const row = target instanceof Element ? target.closest<HTMLElement>('[data-key]') : null;
    if (!row) return;
    onSelect(row.dataset['key'] ?? '');
    // A click on the link itself follows it; one to select text opens nothing.
    if (!(target as Element).closest('a') && getSelection()?.isCollapsed !== false) row.querySelector('a')?.click();
  };
  const { first, end } = visibleRows({ scrollTop, height, rowHeight, count: order.length });
  const shown = useMemo(() => order.slice(first, end), [order, first, end]);
  const now = useNow() + view.clockOffsetMs;
  const active = selected !== undefined && shown.includes(selected) ? `row-${selected}` : undefined;
  return (
    <div
      ref={box}
      class="list"
      role="grid"
      tabIndex={0}
      aria-label="Targets"
      aria-rowcount={order.length + 1}
      aria-activedescendant={active}
      aria-busy={!view.controller}
      onScroll={look}
      onClick={open}
    >
      <Heads route={route} onSort={onSort} />
      <div class="rows" role="rowgroup" style={{ height: `${order.length * rowHeight}px` }}>
        {shown.map((key, index) => (
          <Row
            key={(first + index) % (end - first || 1)}
            row={view.rows.get(key) ?? unknownRow(key)}
            index={first + index}
            top={(first + index) * rowHeight}
            isSelected={key === selected}
            minute={Math.floor(now / 10_000)}
          />
        ))}
      </div>
      {order.length === 0 && <Emptiness view={view} route={route} />}
    </div>
  );
}

/** Deleted, and still in an order that is a second old. */
function unknownRow(key: string): TargetRow {
  const [namespace = '', name = ''] = key.split('/');
  const nothing = {
    current: undefined,
    desired: undefined,
    unclamped: undefined,
    ready: undefined,
    min: undefined,
    max: undefined,
    ratio: undefined,
    lastScaleTime: undefined,
    decidedAt: undefined,
  };
  return {
    ...nothing,
    namespace,
    name,
    workload: '',
    mode: 'Scale',
    metrics: '',
    why: 'deleted',
    alarms: [],
    sizes: [],
  };
}

function Heads({ route, onSort }: { readonly route: OverviewRoute; readonly onSort: (column: Column) => void }) {
  const sorting = (column: Column) => (route.sort !== column ? 'none' : route.descending ? 'descending' : 'ascending');
  return (
    <div class="heads" role="rowgroup">
      <div class="row" role="row" aria-rowindex={1}>
        {COLUMNS.map((column) => (
          <div key={column} class={`cell ${column}`} role="columnheader" aria-sort={sorting(column)}>
            <button type="button" onClick={() => onSort(column)}>
              {COLUMN_TITLES[column]}
              <i aria-hidden="true">{route.sort === column ? (route.descending ? '▾' : '▴') : ''}</i>
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}

function Emptiness({ view, route }: { readonly view: FleetView; readonly route: OverviewRoute }) {
  if (!view.controller) return <Notice>Reading the targets…</Notice>;
  if (view.rows.size > 0) {
    return (
      <Notice>
        No target matches <bdi>{route.query}</bdi>.{' '}
        <button type="button" onClick={() => amend({ ...route, query: '' })}>
          Show all {view.rows.size}
        </button>
      </Notice>
    );
  }
  return (
    <Notice>
      There is no ScaledTarget yet. Make one: <code>kubectl apply -f examples/cpu.yaml</code>
    </Notice>
  );
}
