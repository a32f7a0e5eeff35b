// The shrinker: what is left is needed, and what must stay stays.
import { describe, expect, it } from 'vitest';
import { type Json, shrink } from './shrink.ts';

type Case = { readonly list?: readonly number[]; readonly [key: string]: Json };

const listOf = (candidate: Json): readonly number[] => (candidate as Case).list ?? [];

describe('shrink', () => {
  it('finds the two members that are needed among many, however far apart', async () => {
    const list = Array.from({ length: 100 }, (_, index) => index);
    const fails = (candidate: Json) => Promise.resolve([3, 96].every((one) => listOf(candidate).includes(one)));
    expect(await shrink({ list, other: { deep: [1, { deeper: 2 }] } }, { fails })).toEqual({ list: [3, 96] });
  });

  it('asks little for a single member', async () => {
    let asked = 0;
    const fails = (candidate: Json) => {
      asked += 1;
      return Promise.resolve(listOf(candidate).includes(700));
    };
    const list = Array.from({ length: 1000 }, (_, index) => index);
    expect(await shrink({ list }, { fails })).toEqual({ list: [700] });
    expect(asked).toBeLessThan(60);
  });

  it('drops fields within members, and what an earlier drop made needless', async () => {
    const fails = (candidate: Json) => {
      const { pods = [], flag } = candidate as { pods?: { bad?: boolean }[]; flag?: boolean };
      // The flag is needed as long as there are several pods.
      return Promise.resolve(pods.some(({ bad }) => bad === true) && (flag === true || pods.length < 2));
    };
    const failing = { flag: true, pods: [{ name: 'a' }, { name: 'b', bad: true, usage: { cpu: 1 } }] };
    expect(await shrink(failing, { fails })).toEqual({ pods: [{ bad: true }] });
  });

  it('keeps what must stay, by its name whatever the number before it', async () => {
    const failing = { id: 'x', pods: [{ name: 'a', age: 1 }], config: { tolerance: 1 } };
    const fails = (candidate: Json) => Promise.resolve(((candidate as { pods?: Json[] }).pods?.length ?? 0) > 0);
    const keep = new Set(['id', 'pods.name', 'config']);
    expect(await shrink(failing, { fails, keep })).toEqual({ id: 'x', pods: [{ name: 'a' }], config: {} });
  });

  it('leaves the case that it is given alone', async () => {
    const failing = { list: [1, 2, 3], empty: [], nothing: null };
    const before = structuredClone(failing);
    await shrink(failing, { fails: () => Promise.resolve(true) });
    expect(failing).toEqual(before);
    expect(await shrink(failing, { fails: () => Promise.resolve(false) })).toBe(failing);
  });
});
