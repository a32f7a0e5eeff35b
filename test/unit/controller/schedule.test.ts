import { describe, expect, it } from 'vitest';
import { hashOf, Schedule } from '../../../src/controller/schedule.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** The next slots of a target that is always begun on time. */
async function slots(clock: FakeClock, schedule: Schedule, phaseKey: string, periodMs: number, count: number) {
  const ticks: number[] = [];
  for (let index = 0, startedAt = -Infinity; index < count; index++) {
    const due = schedule.next(phaseKey, periodMs, startedAt);
    await clock.advance(due.at - clock.monotonic());
    startedAt = clock.monotonic();
    ticks.push(due.tickMs);
  }
  return ticks;
}

describe('Schedule', () => {
  it('comes once per period, on the wall clock, at a phase that is the hash of the shared read', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const ticks = await slots(clock, schedule, 'pods/shop', 15_000, 4);
    expect(ticks.map((tick) => tick % 15_000)).toEqual(Array(4).fill(hashOf('pods/shop') % 15_000));
    expect(ticks.slice(1).map((tick, index) => tick - ticks[index]!)).toEqual([15_000, 15_000, 15_000]);
    expect(clock.now()).toBe(ticks[3]);
  });

  it('spreads targets that share nothing', () => {
    const schedule = new Schedule(new FakeClock());
    const seconds = new Set<number>();
    for (let index = 0; index < 300; index++) {
      seconds.add(Math.floor((schedule.next(`pods/ns-${index}`, 15_000, 0).tickMs % 15_000) / 1000));
    }
    expect(seconds.size).toBe(15);
  });

  it('lets sharers meet to the millisecond, also when one period divides the other', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const slow = await slots(clock, schedule, 'prometheus/default/up', 15_000, 3);
    const again = new FakeClock();
    const fast = await slots(again, new Schedule(again), 'prometheus/default/up', 5_000, 9);
    expect(fast).toEqual(expect.arrayContaining(slow.slice(0, 2)));
  });

  it('gives two processes the same slots: a new leader falls into phase', async () => {
    const first = new FakeClock();
    const second = new FakeClock(first.now());
    await second.advance(4_321);
    const a = new Schedule(first).next('pods/shop', 3_600_000, 0);
    const b = new Schedule(second).next('pods/shop', 3_600_000, second.monotonic());
    expect(b.tickMs % 3_600_000).toBe(a.tickMs % 3_600_000);
  });

  it('does not pile up late cycles: what was missed is skipped', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const due = schedule.next('a', 15_000, 0);
    await clock.advance(due.at - clock.monotonic());
    const startedAt = clock.monotonic();
    // The cycle took 40 s, over two slots.
    await clock.advance(40_000);
    const next = schedule.next('a', 15_000, startedAt);
    expect(next.tickMs - due.tickMs).toBe(45_000);
  });

  it('keeps half a period between a decision out of turn and the next slot', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const slot = schedule.next('a', 15_000, 0);
    // Out of turn 1 s before the slot: that slot is skipped. 10 s before: it is kept.
    await clock.advance(slot.at - clock.monotonic() - 10_000);
    expect(schedule.next('a', 15_000, clock.monotonic()).tickMs).toBe(slot.tickMs);
    await clock.advance(9_000);
    expect(schedule.next('a', 15_000, clock.monotonic()).tickMs).toBe(slot.tickMs + 15_000);
  });

  it.each([-7_200_000, -20_000, 20_000, 7_200_000, 7_203_210])(
    'after a jump of the wall clock by %i ms the gap is between half and one and a half periods',
    async (jump) => {
      const clock = new FakeClock();
      const schedule = new Schedule(clock);
      await slots(clock, schedule, 'a', 15_000, 3);
      const startedAt = clock.monotonic();
      clock.jumpWall(jump);
      const next = schedule.next('a', 15_000, startedAt);
      expect(next.at - startedAt).toBeGreaterThanOrEqual(7_500);
      expect(next.at - startedAt).toBeLessThanOrEqual(22_500);
      // And the tick is of the new time, in the same phase.
      expect(next.tickMs % 15_000).toBe(hashOf('a') % 15_000);
      expect(Math.abs(next.tickMs - clock.now())).toBeLessThanOrEqual(22_500);
    },
  );

  it('does not part sharers by a clock that is slewed by milliseconds', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const a = schedule.next('a', 15_000, 0);
    clock.jumpWall(7);
    expect(schedule.next('a', 15_000, 0)).toEqual(a);
  });

  it('spreads the first decisions of a new leader, sharers together', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const firsts = Array.from({ length: 200 }, (_, index) => schedule.first(`pods/ns-${index}`, 2_000));
    expect(Math.max(...firsts.map((due) => due.at))).toBeLessThanOrEqual(2_050);
    expect(new Set(firsts.map((due) => due.tickMs)).size).toBeGreaterThan(30);
    expect(schedule.first('pods/ns-7', 2_000)).toEqual(firsts[7]);
  });

  it('gives targets decided out of turn within one second one tick', async () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const a = schedule.immediately();
    await clock.advance(600);
    expect(schedule.immediately().tickMs).toBe(a.tickMs);
    expect(schedule.immediately().at).toBe(600);
  });
});
