// The columns of a resource: its own for built-in kinds, the declared ones for custom kinds, otherwise name and age.

import { isObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import type { PrinterColumn, ResourceDefinition } from '../resources/definition.ts';
import { ageOf } from './age.ts';
import { builtinColumns } from './builtin-columns.ts';
import { ageColumn, nameColumn } from './column.ts';
import type { TableColumn } from './column.ts';
import { findAll } from './json-path.ts';

export function columnsOf(definition: ResourceDefinition): TableColumn[] {
  if (!definition.custom) return builtinColumns(definition.key) ?? [nameColumn, ageColumn];
  const declared = definition.printerColumns ?? [];
  return [nameColumn, ...(declared.length === 0 ? [ageColumn] : declared.map(customColumn))];
}

function customColumn(column: PrinterColumn): TableColumn {
  const { name, type, format, description, priority, jsonPath } = column;
  return {
    name,
    type,
    ...(format === undefined ? {} : { format }),
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority === undefined ? {} : { priority }),
    cell: (object, now) => customCell(column, object, now),
  };
}

/** Null where there is nothing or something of another type; kubectl shows `<none>`. */
function customCell({ type, jsonPath }: PrinterColumn, object: KubeObject, now: number): unknown {
  const values = findAll(object, jsonPath);
  const first = values[0];
  if (first === undefined) return null;
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date':
      return typeof first === 'string' ? ageOf(first, now) : null;
    default:
      return values
        .map((value) => (isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)))
        .join(' ');
  }
}
