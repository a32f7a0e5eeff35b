import { describe, expect, it } from 'vitest';
import { LeaseGate, momentOf, openGate, writeTimes } from '../../../src/leader/gate.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('LeaseGate', () => {
  const clock = new FakeClock();
  const gate = new LeaseGate({ clock, openForMs: 6000 });

  it('is closed before the first renewal', () => {
    expect(gate.isOpen).toBe(false);
    expect(() => gate.check()).toThrow('does not lead');
  });

  it('is open for a while after the moment a renewal was sent', async () => {
    const sentAt = momentOf(clock);
    await clock.advance(2000);
    gate.renewed(sentAt, 7);
    expect(gate.epoch).toBe(7);
    await clock.advance(3999);
    expect(gate.isOpen).toBe(true);
    await clock.advance(1);
    expect(() => gate.check()).toThrow('the lease was last renewed 6000 ms ago');
  });

  it('believes the clock that says that more time has passed', () => {
    gate.renewed(momentOf(clock), 8);
    clock.jumpWall(-60_000);
    expect(gate.isOpen).toBe(true);
    gate.renewed(momentOf(clock), 8);
    clock.jumpWall(6000);
    expect(gate.isOpen).toBe(false);
  });

  it('stays closed when told so, and remembers its epoch', () => {
    gate.renewed(momentOf(clock), 9);
    gate.close();
    expect(gate.isOpen).toBe(false);
    expect(gate.epoch).toBe(9);
  });

  it('leaves a write time to end before the deadline', () => {
    expect(writeTimes(10_000)).toEqual({ writeTimeoutMs: 3000, openForMs: 6000 });
    const short = writeTimes(2000);
    expect(short.openForMs + short.writeTimeoutMs).toBeLessThan(2000);
    expect(short.openForMs).toBeGreaterThan(1000);
  });

  it('without election everything may be written', () => {
    expect(() => openGate.check()).not.toThrow();
  });
});
