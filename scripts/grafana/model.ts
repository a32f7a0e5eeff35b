// The part of Grafana's dashboard schema (version 39, Grafana 10.3 and newer) that the dashboards use. What must hold beyond the
// types is listed in docs/dashboards.md and checked by test/unit/deploy/dashboards.test.ts.

export interface DataSource {
  readonly type: 'prometheus';
  readonly uid: string;
}

export interface Query {
  readonly refId: string;
  readonly datasource: DataSource;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: true;
  readonly range?: true;
  readonly format?: 'table';
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly type: 'stat' | 'timeseries' | 'table' | 'state-timeline' | 'row';
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPosition;
  readonly datasource?: DataSource;
  readonly targets?: readonly Query[];
  readonly fieldConfig?: unknown;
  readonly options?: unknown;
  readonly transformations?: readonly unknown[];
  /** Name of the variable for each of whose values the panel stands once. */
  readonly repeat?: string;
  readonly repeatDirection?: 'h';
  readonly maxPerRow?: number;
  readonly collapsed?: false;
  readonly panels?: readonly never[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: 'datasource' | 'query';
  readonly query: unknown;
  readonly [field: string]: unknown;
}

export interface Annotation {
  readonly name: string;
  readonly datasource: unknown;
  readonly expr?: string;
  readonly [field: string]: unknown;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly version: number;
  readonly editable: boolean;
  readonly graphTooltip: number;
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly timepicker: Record<string, never>;
  readonly timezone: string;
  readonly links: readonly unknown[];
  readonly annotations: { readonly list: readonly Annotation[] };
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}
