import { describe, expect, it } from 'vitest';
import { claimedRecord, isSameRecord, releasedRecord } from '../../../src/leader/lease-record.ts';
import type { LeaseRecord } from '../../../src/leader/lease-store.ts';

const NOON = Date.UTC(2026, 0, 2, 12);
const held: LeaseRecord = {
  holderIdentity: 'a',
  leaseDurationSeconds: 30,
  acquireTime: '2026-01-02T11:00:00.000001Z',
  renewTime: '2026-01-02T11:59:00.000002Z',
  leaseTransitions: 4,
};
const claim = (identity: string) => ({ identity, leaseDurationMs: 15_000, atMs: NOON });

describe('the record of a claim', () => {
  it('is the first one where there is no Lease', () => {
    expect(claimedRecord(undefined, claim('a'))).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-02T12:00:00.000000Z',
      renewTime: '2026-01-02T12:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  it('keeps since when it is held when it renews', () => {
    const renewed = { ...held, leaseDurationSeconds: 15, renewTime: '2026-01-02T12:00:00.000000Z' };
    expect(claimedRecord(held, claim('a'))).toEqual(renewed);
  });

  it('counts a transition when another held it, and when nobody did', () => {
    const taken = { holderIdentity: 'b', acquireTime: '2026-01-02T12:00:00.000000Z', leaseTransitions: 5 };
    expect(claimedRecord(held, claim('b'))).toMatchObject(taken);
    expect(claimedRecord({ ...held, holderIdentity: '' }, claim('b'))).toMatchObject(taken);
  });
});

it('the record of a lease given back names nobody and keeps the count', () => {
  expect(releasedRecord(held, NOON)).toEqual({
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: '2026-01-02T12:00:00.000000Z',
    renewTime: '2026-01-02T12:00:00.000000Z',
    leaseTransitions: 4,
  });
});

it.each([
  ['holderIdentity', 'b'],
  ['leaseDurationSeconds', 31],
  ['acquireTime', '2026-01-02T11:00:00.000003Z'],
  ['renewTime', '2026-01-02T11:59:00.000003Z'],
  ['leaseTransitions', 5],
])('a record with another %s is another record', (field, value) => {
  expect(isSameRecord(held, { ...held })).toBe(true);
  expect(isSameRecord(held, { ...held, [field]: value })).toBe(false);
  expect(isSameRecord(held, undefined)).toBe(false);
});
