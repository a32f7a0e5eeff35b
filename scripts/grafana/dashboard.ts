// What both dashboards have in common: data source and job as variables, times, links between them.
import { placed } from './layout.ts';
import type { Annotation, Dashboard, Variable } from './model.ts';
import { DATASOURCE, type PlacedLater } from './panels.ts';

const SCHEMA_VERSION = 39;

export interface Contents {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly annotations?: readonly Annotation[];
  readonly panels: readonly PlacedLater[];
}

/** Values of a label, refreshed with the time range. */
export function labelVariable(
  name: string,
  { label, query, many }: { readonly label: string; readonly query: string; readonly many: boolean },
): Variable {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: `${name}-values` },
    definition: query,
    refresh: 2,
    sort: 1,
    regex: '',
    hide: 0,
    multi: many,
    includeAll: many,
    ...(many && { allValue: '.*' }),
    current: many ? { selected: true, text: ['All'], value: ['$__all'] } : {},
    options: [],
    skipUrlSync: false,
  };
}

const DATASOURCE_VARIABLE: Variable = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  refresh: 1,
  regex: '',
  hide: 0,
  multi: false,
  includeAll: false,
  current: {},
  options: [],
  skipUrlSync: false,
};

const JOB_VARIABLE = labelVariable('job', { label: 'Job', query: 'label_values(setpoint_targets, job)', many: true });

const BUILT_IN: Annotation = {
  name: 'Annotations & Alerts',
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  builtIn: 1,
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
  type: 'dashboard',
};

export function dashboardOf(contents: Contents): Dashboard {
  const { uid, title, description, variables, annotations = [], panels } = contents;
  return {
    uid,
    title,
    description,
    tags: ['setpoint', 'autoscaling'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    links: [
      {
        title: 'Setpoint',
        type: 'dashboards',
        tags: ['setpoint'],
        asDropdown: false,
        includeVars: true,
        keepTime: true,
      },
    ],
    annotations: { list: [BUILT_IN, ...annotations] },
    templating: { list: [DATASOURCE_VARIABLE, JOB_VARIABLE, ...variables] },
    panels: placed(panels),
  };
}

/** As a file. */
export function renderDashboard(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
