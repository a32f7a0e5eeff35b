// One column of a table, and those that most kinds share.

import type { KubeObject } from '../objects.ts';
import { ageOf } from './age.ts';

export interface TableColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  /** 0 is always shown, higher ones with `-o wide`. */
  priority?: number;
  cell: (object: KubeObject, now: number) => unknown;
}

export const nameColumn: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => object.metadata.name,
};
export const ageColumn: TableColumn = {
  name: 'Age',
  type: 'string',
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};
export const createdColumn: TableColumn = {
  name: 'Created At',
  type: 'date',
  cell: (object) => object.metadata.creationTimestamp,
};

export function textColumn(name: string, cell: TableColumn['cell']): TableColumn {
  return { name, type: 'string', cell };
}

export function numberColumn(name: string, cell: TableColumn['cell']): TableColumn {
  return { name, type: 'integer', cell };
}

/** Shown with `-o wide` only. */
export function wide(column: TableColumn): TableColumn {
  return { ...column, priority: 1 };
}
