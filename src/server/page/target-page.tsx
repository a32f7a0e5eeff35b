// One target: what size it has and why, its load and sizes over time, every change with its steps, its conditions and its YAML.
import { useEffect, useMemo } from 'preact/hooks';
import type { TargetDetail } from '../api-types.ts';
import { Changes, newestFirst } from './changes.tsx';
import { Charts } from './charts.tsx';
import { Conditions } from './conditions.tsx';
import type { FleetView } from './fleet.ts';
import { durationText, UNKNOWN } from './format.ts';
import { Header, Notice } from './header.tsx';
import { amend, go, isTyping, useKeys, useNow, useStore } from './hooks.ts';
import { formatRoute, type OverviewRoute, type TargetRoute } from './route.ts';
import { AlarmSign } from './row.tsx';
import { Story } from './story.tsx';
import { TargetStore, type TargetView } from './target-store.ts';
import { Yaml } from './yaml.tsx';

export interface TargetPageProps {
  readonly route: TargetRoute;
  readonly fleet: FleetView;
  /** The list as it was left. */
  readonly backTo: OverviewRoute;
}

export function TargetPage({ route, fleet, backTo }: TargetPageProps) {
  const store = useMemo(() => new TargetStore(route.namespace, route.name), []);
  useEffect(() => () => store.close(), [store]);
  const view = useStore(store);
  const { detail, status, clockOffsetMs } = view;
  useKeys((event) => {
    if (event.key === 'Escape' && !isTyping(event)) go(backTo);
  });
  const isMissing = !detail && status.problem?.status === 404;
  const shownStatus = status.problem?.status === 404 ? { ...status, problem: undefined } : status;
  return (
    <>
      <Header controller={detail?.controller ?? fleet.controller} status={shownStatus} rows={fleet.rows} />
      <main class="one">
        <Title route={route} view={view} backTo={backTo} />
        {isMissing ? (
          <Notice>
            There is no ScaledTarget <bdi>{route.name}</bdi> in the namespace <bdi>{route.namespace}</bdi>: it was
            deleted, or it was never there. <a href="#/">All targets</a>
          </Notice>
        ) : (
          <Body route={route} detail={detail} clockOffsetMs={clockOffsetMs} />
        )}
      </main>
    </>
  );
}

interface TitleProps {
  readonly route: TargetRoute;
  readonly view: TargetView;
  readonly backTo: OverviewRoute;
}

function Title({ route, view: { detail, goneMs }, backTo }: TitleProps) {
  const now = useNow();
  const row = detail?.row;
  return (
    <div class="title">
      <a class="back" href={formatRoute(backTo)}>
        ← All targets
      </a>
      <h1>
        <bdi class="namespace">{route.namespace}</bdi>
        <span class="slash">/</span>
        <bdi class="name">{route.name}</bdi>
      </h1>
      <p class="workload">
        <bdi>{row?.workload}</bdi>
        {row?.mode === 'Recommend' && <span class="pill">mode: Recommend, decides without writing</span>}
      </p>
      <p class={goneMs === undefined ? 'alarm-line' : 'alarm-line gone'} role="status">
        {goneMs === undefined ? (
          row?.alarms.map((alarm) => (
            <span key={alarm.kind}>
              <AlarmSign alarms={[alarm]} /> <bdi>{alarm.text}</bdi>{' '}
            </span>
          ))
        ) : (
          <>This ScaledTarget was deleted {durationText(now - goneMs)} ago. Shown is what was last known of it.</>
        )}
      </p>
    </div>
  );
}

interface BodyProps {
  readonly route: TargetRoute;
  readonly detail: TargetDetail | undefined;
  readonly clockOffsetMs: number;
}

function Body({ route, detail, clockOffsetMs }: BodyProps) {
  const entries = useMemo(() => newestFirst(detail?.journal ?? []), [detail?.journal]);
  const selected = entries.find(({ since }) => since === route.at);
  const select = (at: string | undefined): void => amend({ ...route, at });
  return (
    <>
      <Facts detail={detail} />
      <div class="columns">
        <Charts route={route} detail={detail} selected={selected} onSelect={select} />
        <Changes
          entries={entries}
          selected={selected}
          onSelect={select}
          isKnown={detail !== undefined}
          nowMs={detail?.controller.nowMs ?? 0}
        />
        <Story detail={detail} selected={selected} onNow={() => select(undefined)} clockOffsetMs={clockOffsetMs} />
      </div>
      {detail && <Conditions conditions={detail.conditions} nowMs={detail.controller.nowMs} />}
      {detail && <Yaml namespace={route.namespace} name={route.name} />}
    </>
  );
}

function Facts({ detail }: { readonly detail: TargetDetail | undefined }) {
  const row = detail?.row;
  const facts: readonly [name: string, value: number | string | undefined][] = [
    ['Current', row?.current],
    ['Desired', row?.desired],
    ['Metrics ask for', row?.unclamped],
    ['Ready', row?.ready],
    ['Bounds', row && `${row.min ?? UNKNOWN} … ${row.max ?? UNKNOWN}`],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? UNKNOWN}</dd>
        </div>
      ))}
      <div class="why">
        <dt>Why</dt>
        <dd>
          <bdi>{detail ? row?.why || 'Nothing decided yet.' : 'Reading…'}</bdi>
        </dd>
      </div>
    </dl>
  );
}
