// The PrometheusRule of the alerts, made from the plain rules file: the operator and promtool read the same rules.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const RULES = 'deploy/alerts/setpoint.rules.yaml';

export function renderPrometheusRule(): string {
  const spec = parse(readFileSync(join(import.meta.dirname, '..', RULES), 'utf8')) as unknown;
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'setpoint', namespace: 'setpoint-system', labels: { 'app.kubernetes.io/name': 'setpoint' } },
    spec,
  };
  return `# Generated from ${RULES} by npm run generate. Do not edit.\n${stringify(rule, { lineWidth: 0 })}`;
}
