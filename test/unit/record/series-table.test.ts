import { describe, expect, it } from 'vitest';
import { gauge } from '../../../src/record/metrics/definition.ts';
import { SeriesTable } from '../../../src/record/metrics/series-table.ts';

const texts = ['What it is.', 'What for?'] as const;
const create = () =>
  new SeriesTable({
    size: gauge('size', ['name'], 'replicas', texts),
    age: gauge('age', ['name'], 'seconds', texts),
    value: gauge('value', ['name', 'metric'], '1', texts),
  });
const textOf = async (table: ReturnType<typeof create>) => Buffer.concat(await table.text()).toString('utf8');
const HEADS = ['# HELP size What it is.', '# TYPE size gauge'];

describe('SeriesTable', () => {
  it('writes family by family, each once, with its type', async () => {
    const table = create();
    const rows = ['a', 'b'].map((name) => table.row({ name }));
    for (const [index, row] of rows.entries()) {
      row.show('size', index);
      row.show('age', index + 0.5);
    }
    table.row({ name: 'a', metric: 'cpu' }).show('value', 3);
    expect((await textOf(table)).split('\n')).toEqual([
      ...HEADS,
      'size{name="a"} 0',
      'size{name="b"} 1',
      '# HELP age What it is.',
      '# TYPE age gauge',
      'age{name="a"} 0.5',
      'age{name="b"} 1.5',
      '# HELP value What it is.',
      '# TYPE value gauge',
      'value{name="a",metric="cpu"} 3',
      '',
    ]);
  });

  it('tells what is new: values that change, come and go, and rows', async () => {
    const table = create();
    const row = table.row({ name: 'a' });
    const lines = async () => (await textOf(table)).split('\n').filter((line) => line.startsWith('size'));
    const seen: string[][] = [];
    for (const value of [1, 2, 2, undefined, 3]) {
      row.show('size', value);
      seen.push(await lines());
    }
    expect(seen).toEqual([['size{name="a"} 1'], ['size{name="a"} 2'], ['size{name="a"} 2'], [], ['size{name="a"} 3']]);
    table.row({ name: 'b' }).show('size', 7);
    expect(await lines()).toEqual(['size{name="a"} 3', 'size{name="b"} 7']);
    row.remove();
    expect(await lines()).toEqual(['size{name="b"} 7']);
  });

  it('counts from zero', async () => {
    const row = create().row({ name: 'a' });
    row.add('size', 1);
    row.add('size', 2);
    expect(row.values).toEqual([3]);
  });

  it('keeps thousands of rows apart while they come and go', async () => {
    const table = create();
    const rows = Array.from({ length: 2_000 }, (_, index) => table.row({ name: `n${index}` }));
    for (const [index, row] of rows.entries()) row.show('size', index);
    await table.text();
    for (const row of rows.slice(0, 1_500)) row.remove();
    const again = Array.from({ length: 700 }, (_, index) => table.row({ name: `m${index}` }));
    for (const row of again) row.show('size', 1);
    rows[1_999]?.show('size', -1);
    const lines = (await textOf(table)).split('\n').filter((line) => line.startsWith('size'));
    expect(lines).toHaveLength(1_200);
    expect(new Set(lines).size).toBe(1_200);
    expect(lines).toContain('size{name="n1999"} -1');
  });

  it.each([
    ['a"b', 'size{name="a\\"b"} 1'],
    ['a\\b', 'size{name="a\\\\b"} 1'],
    ['a\nb', 'size{name="a\\nb"} 1'],
    ['lö€🙂', 'size{name="lö€🙂"} 1'],
  ])('escapes the label %j', async (name, line) => {
    const table = create();
    table.row({ name }).show('size', 1);
    expect((await textOf(table)).split('\n')[2]).toBe(line);
  });

  it.each([
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
    [1e21, '1e+21'],
  ])('writes %d as %s', async (value, text) => {
    const table = create();
    table.row({ name: 'a' }).show('size', value);
    expect((await textOf(table)).split('\n')[2]).toBe(`size{name="a"} ${text}`);
  });

  it('refuses labels that no metric has', () => {
    expect(() => create().row({ metric: 'cpu', name: 'a' })).toThrow(
      'no metric of the catalogue has the labels metric, name',
    );
  });
});
