import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSpec } from '../../../src/api/scaled-target.ts';
import { admitSpec, ruleFaultsOf } from '../../support/crd-admission.ts';
import { INVALID_SPECS, VALID_SPECS } from '../../support/spec-vectors.ts';

describe('specs that are accepted', () => {
  it.each(VALID_SPECS.map(({ name, spec }) => [name, spec] as const))('%s', (_, spec) => {
    expect(parseSpec(spec).faults).toEqual([]);
    const { faults, dropped, object } = admitSpec(spec);
    expect(faults).toEqual([]);
    expect(dropped).toEqual([]);
    // What the API server stores is read as what the user wrote.
    expect(parseSpec(object['spec'])).toEqual(parseSpec(spec));
  });
});

describe('specs that are refused', () => {
  it.each(INVALID_SPECS.map(({ name, field, spec }) => [`${field}: ${name}`, field, spec] as const))(
    '%s',
    (_, field, spec) => {
      const parsed = parseSpec(spec);
      expect(parsed.spec).toBeUndefined();
      expect(parsed.faults.map((fault) => fault.field)).toContain(field);
      const line = parsed.faults.find((fault) => fault.field === field)?.message ?? '';
      expect(line.startsWith(field)).toBe(true);
      expect(line.length).toBeGreaterThan(field.length + 10);

      const { faults } = admitSpec(spec);
      expect(faults.map((fault) => fault.field)).toContain(field);
    },
  );

  it('with the same line by the parser and by the rules of the API server', () => {
    const compared: string[] = [];
    for (const { spec } of INVALID_SPECS) {
      for (const { field, message } of ruleFaultsOf(spec)) {
        const lines = parseSpec(spec).faults.filter((fault) => fault.field === field);
        // The API server cannot say numbers and list entries in a message.
        const withoutValues = lines.map((line) =>
          line.message.replace(/ \d+(?= |:)/g, '').replace(/name "\w+"/, 'a name'),
        );
        expect(withoutValues).toContain(`${field}: ${message.replace(/ \d+(?= |:)/g, '')}`);
        compared.push(field);
      }
    }
    expect(new Set(compared).size).toBeGreaterThan(10);
  });
});

describe('parser and API server', () => {
  const values = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      0,
      1,
      -1,
      1.5,
      3601,
      2 ** 31,
      '',
      '0',
      '1',
      '-1',
      '500m',
      'x',
      'a/b',
      '..',
      true,
      [],
      {},
      [{}],
      { type: 'Pods' },
    ),
    fc.integer(),
    fc.string({ maxLength: 8, unit: fc.constantFrom('0', '1', '.', '-', 'e', 'm', 'k', 'i', 'M', '/', '%', ' ') }),
  );

  it('agree on any valid spec with one field changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALID_SPECS), fc.nat(), values, ({ spec }, pick, value) => {
        const changed = changeOne(spec, pick, value);
        // A metric type of a later version is the one thing that the parser lets pass: that metric fails alone.
        fc.pre(!hasUnknownType(changed));
        expect({ changed, accepted: parseSpec(changed).spec !== undefined }).toEqual({
          changed,
          accepted: admitSpec(changed).faults.length === 0,
        });
      }),
      { numRuns: 400 },
    );
  });
});

/** The spec with the value at one of its places replaced. */
function changeOne(spec: unknown, pick: number, value: unknown): unknown {
  const copy = structuredClone(spec);
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push({ holder: node as Record<string, unknown>, key });
      walk(child);
    }
  };
  walk(copy);
  const place = places[pick % places.length];
  if (place) place.holder[place.key] = value;
  return copy;
}

function hasUnknownType(spec: unknown): boolean {
  const { metrics } = spec as { metrics?: unknown };
  const known = ['Resource', 'ContainerResource', 'Pods', 'Object', 'External', 'Prometheus'];
  return (
    Array.isArray(metrics) &&
    metrics.some(
      (metric: { type?: unknown } | null) =>
        typeof metric?.type === 'string' && metric.type !== '' && !known.includes(metric.type),
    )
  );
}
