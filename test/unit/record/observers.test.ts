import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/record/metrics.ts';
import { observeSources } from '../../../src/record/observers.ts';

describe('whether a source is up', () => {
  const setUp = () => {
    const metrics = new Metrics({ perTarget: true, processMetrics: false, syncPeriodMs: 15_000 });
    const up = async (): Promise<string[]> => String(await metrics.text()).match(/^setpoint_source_up.*$/gm) ?? [];
    return { sources: observeSources(metrics), up };
  };

  it('is not said before the first request', async () => {
    expect(await setUp().up()).toEqual([]);
  });

  it('follows the source as a whole: a query that fails by itself says nothing against it', async () => {
    const { sources, up } = setUp();
    sources.sourceRequest('prometheus/default', 5, undefined, 'good');
    sources.sourceRequest('prometheus/default', 5, 'ErrorAnswer', 'good');
    expect(await up()).toEqual(['setpoint_source_up{source="prometheus/default"} 1']);
    sources.sourceRequest('prometheus/default', 5, 'Unreachable', 'bad');
    expect(await up()).toEqual(['setpoint_source_up{source="prometheus/default"} 0']);
    // Called off: nothing was learned.
    sources.sourceRequest('prometheus/default', 5, 'Timeout', 'unknown');
    expect(await up()).toEqual(['setpoint_source_up{source="prometheus/default"} 0']);
  });

  it('goes with a source that is configured no longer: nobody is to be woken for it', async () => {
    const { sources, up } = setUp();
    sources.sourceRequest('prometheus/old', 5, 'Unreachable', 'bad');
    sources.sourceRequest('prometheus/new', 5, undefined, 'good');
    sources.sourceRemoved('prometheus/old');
    expect(await up()).toEqual(['setpoint_source_up{source="prometheus/new"} 1']);
  });
});
