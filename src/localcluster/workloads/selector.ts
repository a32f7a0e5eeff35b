// Label selectors of workload objects (`matchLabels`, `matchExpressions`). The string form of queries is the API server's.
import type { LabelSelector } from './types.ts';

/** Whether `labels` satisfy the selector. An empty or absent selector selects nothing here: a workload must name its pods. */
export function selects(selector: LabelSelector | undefined, labels: Record<string, string> | undefined): boolean {
  const wanted = Object.entries(selector?.matchLabels ?? {});
  const expressions = selector?.matchExpressions ?? [];
  if (wanted.length === 0 && expressions.length === 0) return false;
  const have = labels ?? {};
  return (
    wanted.every(([key, value]) => have[key] === value) &&
    expressions.every((expression) => {
      const value = have[expression.key];
      switch (expression.operator) {
        case 'In':
          return value !== undefined && (expression.values ?? []).includes(value);
        case 'NotIn':
          return value === undefined || !(expression.values ?? []).includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
