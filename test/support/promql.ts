// What a query of PromQL names, by its text alone: enough for the queries of the dashboards and the rules, which the tests under e2e
// have a real Prometheus run.

const WORDS = new Set('by without on ignoring group_left group_right and or unless offset bool'.split(' '));

const withoutStrings = (expr: string): string => expr.replace(/"(?:[^"\\]|\\.)*"/g, '""');

/** Names of metrics. */
export function metricsIn(expr: string): string[] {
  const bare = withoutStrings(expr)
    .replace(/\{[^{}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const names = [...bare.matchAll(/(?<![\w$.])([a-zA-Z_]\w*)\b(?!\s*\()/g)].map(([, name = '']) => name);
  return [...new Set(names.filter((name) => !WORDS.has(name)))];
}

/** Names of labels that are matched or grouped by. */
export function labelsIn(expr: string): string[] {
  const bare = withoutStrings(expr);
  const matched = [...bare.matchAll(/\{([^{}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = '']) => name),
  );
  const grouped = [...bare.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, inside = '']) =>
    inside.split(',').map((name) => name.trim()),
  );
  return [...new Set([...matched, ...grouped])].filter((name) => name !== '');
}

/** A family of series without the suffix of a histogram's parts. */
export function familyOf(name: string, families: ReadonlySet<string>): string {
  const stem = name.replace(/_(bucket|sum|count)$/, '');
  return families.has(name) ? name : stem;
}
