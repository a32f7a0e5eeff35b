// Every alert says what it means and where to look, names metrics that there are, and is tested both ways. That promtool agrees, and that
// two of them fire on a real run, is for test/e2e/dashboards.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { knownMetrics } from '../../support/known-metrics.ts';
import { familyOf, labelsIn, metricsIn } from '../../support/promql.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): unknown => parse(readFileSync(join(ROOT, file), 'utf8'));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}
interface Case {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const { groups } = read('deploy/alerts/setpoint.rules.yaml') as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const { tests } = read('deploy/alerts/setpoint.rules.test.yaml') as { tests: readonly Case[] };
const known = await knownMetrics();

describe.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (alert, { expr, labels, annotations }) => {
  it('has a severity, a summary, a description, and a runbook with the same name', () => {
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.description.length).toBeGreaterThan(annotations.summary.length);
    expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
    const page = readFileSync(join(ROOT, annotations.runbook_url), 'utf8');
    for (const heading of ['What it means', 'What to look at', 'What to do', 'When it is harmless']) {
      expect(page).toContain(`## ${heading}\n`);
    }
    expect(page).toContain(`Severity: ${labels.severity}`);
  });

  it('names metrics and labels that there are', () => {
    const families = new Set(known.keys());
    const names = metricsIn(expr).map((name) => familyOf(name, families));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const there = new Set(names.flatMap((name) => [...(known.get(name) ?? [])]));
    expect(labelsIn(expr).filter((label) => !there.has(label))).toEqual([]);
    const told = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(told.filter((label) => !there.has(label))).toEqual([]);
  });

  it('is tested to fire and not to fire', () => {
    const cases = tests.flatMap((one) => one.alert_rule_test).filter(({ alertname }) => alertname === alert);
    expect(cases.some(({ exp_alerts: fired }) => fired.length > 0)).toBe(true);
    expect(cases.some(({ exp_alerts: fired }) => fired.length === 0)).toBe(true);
  });
});

describe('runbooks', () => {
  it('are there for alerts alone, and their queries name metrics that there are', () => {
    const folder = join(ROOT, 'docs/runbooks');
    const pages = readdirSync(folder);
    expect(pages.map((page) => page.replace('.md', '')).sort()).toEqual(rules.map(({ alert }) => alert).sort());
    const families = new Set([...known.keys(), 'up']);
    for (const page of pages) {
      const text = readFileSync(join(folder, page), 'utf8');
      const queries = /```promql\n([\s\S]*?)```/.exec(text)?.[1]?.trim().split('\n') ?? [];
      expect(queries.length, page).toBeGreaterThan(0);
      const names = queries.flatMap((query) => metricsIn(query).map((name) => familyOf(name, families)));
      expect(
        names.filter((name) => !families.has(name)),
        page,
      ).toEqual([]);
      for (const [, file = ''] of text.matchAll(/`((?:docs|deploy)\/[\w/.-]+)`/g)) {
        expect(existsSync(join(ROOT, file)), file).toBe(true);
      }
    }
  });
});
