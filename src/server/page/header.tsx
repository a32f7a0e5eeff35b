// The line at the top: what answers, whether it is live, how many targets there are, and the theme. Below it, when the connection
// is lost, what that means; laid over the page, so that nothing moves.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ControllerInfo, TargetRow } from '../api-types.ts';
import { applyTheme, storedTheme, THEMES, type Theme } from './browser.ts';
import type { Connection, FeedStatus } from './feed.ts';
import { clockText, durationText, plural } from './format.ts';
import { useNow } from './hooks.ts';
import { countAlarms } from './rows.ts';

export interface HeaderProps {
  readonly controller: ControllerInfo | undefined;
  readonly status: FeedStatus;
  readonly rows: ReadonlyMap<string, TargetRow>;
}

export function Header({ controller, status, rows }: HeaderProps) {
  return (
    <>
      <header class="top">
        <a class="brand" href="#/" aria-label="Setpoint: all targets">
          <Logo /> <span>Setpoint</span>
        </a>
        <span class="version">{controller?.version}</span>
        <span class="counts" role="status">
          {rows.size > 0 && <Counts rows={rows} />}
        </span>
        <Source controller={controller} />
        <ConnectionSign connection={status.connection} />
        <ThemeButton />
      </header>
      <StaleBanner status={status} />
    </>
  );
}

function Logo() {
  return (
    <svg class="logo" viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="3.5" />
      <path d="M2.5 11.5h3v-3h3v-3h5" />
    </svg>
  );
}

function Counts({ rows }: { readonly rows: ReadonlyMap<string, TargetRow> }) {
  const alarms = countAlarms(rows.values());
  return (
    <>
      {rows.size}
      <span class="wide"> target{rows.size === 1 ? '' : 's'}</span>
      {' · '}
      <b class={alarms > 0 ? 'alarming' : undefined}>{alarms === 0 ? 'no alarm' : plural(alarms, 'alarm')}</b>
    </>
  );
}

function Source({ controller }: { readonly controller: ControllerInfo | undefined }) {
  if (!controller) return <span class="pill source" />;
  const isLeader = controller.source === 'leader';
  const leader = controller.leader ?? 'unknown';
  const title = isLeader
    ? 'This process decides: everything is shown as it is decided.'
    : `This process stands by: shown is what the leader (${leader}) wrote into the statuses.`;
  return (
    <span class="pill source" title={title}>
      {isLeader ? 'leader' : 'from status'}
    </span>
  );
}

const CONNECTION_TEXTS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  reconnecting: 'reconnecting',
  lost: 'lost',
};

function ConnectionSign({ connection }: { readonly connection: Connection }) {
  return (
    <span class={`pill connection ${connection}`} role="status">
      <i aria-hidden="true" />
      {CONNECTION_TEXTS[connection]}
    </span>
  );
}

function StaleBanner({ status: { connection, problem, heardMs } }: { readonly status: FeedStatus }) {
  const now = useNow();
  if (connection !== 'lost' && !problem) return null;
  const since = heardMs === undefined ? undefined : `${clockText(heardMs)}, ${durationText(now - heardMs)} ago`;
  return (
    <p class="banner" role="alert">
      {connection === 'lost'
        ? 'The connection to the controller is lost. '
        : 'The controller did not answer as it should. '}
      {problem?.status !== undefined && `${problem.status}: ${problem.text}. `}
      {since === undefined ? 'Nothing was read yet. ' : `What is shown is of ${since}. `}
      Trying again.
    </p>
  );
}

const THEME_TEXTS: Readonly<Record<Theme, string>> = { system: 'auto', light: 'light', dark: 'dark' };

function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const change = (): void => {
    applyTheme(next);
    setTheme(next);
    // Charts are painted in colours they read once.
    dispatchEvent(new Event('themechange'));
  };
  return (
    <button type="button" class="theme" onClick={change} title={`Next: ${THEME_TEXTS[next]}`}>
      <span class="wide">Theme: </span>
      {THEME_TEXTS[theme]}
    </button>
  );
}

/** Says what is missing in the middle of the room for it. */
export function Notice({ children }: { readonly children: ComponentChildren }) {
  return <div class="notice">{children}</div>;
}
