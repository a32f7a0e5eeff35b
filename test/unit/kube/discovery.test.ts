import { describe, expect, it } from 'vitest';
import { ApiStatusError } from '../../../src/base/errors.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const signal = new AbortController().signal;

function setUp() {
  const clock = new FakeClock();
  const answers = new Map<string, unknown>([
    [
      '/apis/argoproj.io/v1alpha1',
      {
        resources: [
          { name: 'rollouts', kind: 'Rollout' },
          { name: 'rollouts/scale', kind: 'Scale' },
          { name: 'analysisruns', kind: 'AnalysisRun' },
        ],
      },
    ],
    [
      '/apis/argoproj.io',
      { preferredVersion: { version: 'v1alpha1' }, versions: [{ version: 'v1' }, { version: 'v1alpha1' }] },
    ],
  ]);
  const asked: string[] = [];
  const failures: Error[] = [];
  const client = {
    get(path: string): Promise<unknown> {
      asked.push(path);
      const failure = failures.shift();
      if (failure) return Promise.reject(failure);
      return answers.has(path)
        ? Promise.resolve(answers.get(path))
        : Promise.reject(new ApiStatusError(404, '', 'none'));
    },
  };
  return { clock, answers, asked, failures, discovery: new Discovery({ client, clock }) };
}

describe('Discovery', () => {
  it('asks once per group version, however many ask at once', async () => {
    const { discovery, asked } = setUp();
    const found = await Promise.all([1, 2, 3].map(() => discovery.find('argoproj.io', 'v1alpha1', 'Rollout', signal)));
    expect(found[2]).toEqual({ group: 'argoproj.io', version: 'v1alpha1', resource: 'rollouts', isScalable: true });
    expect(await discovery.find('argoproj.io', 'v1alpha1', 'AnalysisRun', signal)).toMatchObject({ isScalable: false });
    expect(asked).toEqual(['/apis/argoproj.io/v1alpha1']);
  });

  it('goes by group and kind when the version named is not served', async () => {
    const { discovery, asked } = setUp();
    expect(await discovery.find('argoproj.io', 'v1beta7', 'Rollout', signal)).toMatchObject({ version: 'v1alpha1' });
    expect(asked).toEqual(['/apis/argoproj.io/v1beta7', '/apis/argoproj.io', '/apis/argoproj.io/v1alpha1']);
  });

  it('asks again for a kind that is not there, at a bounded rate', async () => {
    const { discovery, asked, clock, answers } = setUp();
    const find = () => discovery.find('new.dev', 'v1', 'Thing', signal);
    for (let i = 0; i < 50; i++) expect(await find()).toBeUndefined();
    expect(asked).toHaveLength(2);
    answers.set('/apis/new.dev/v1', { resources: [{ name: 'things', kind: 'Thing' }] });
    await clock.advance(29_999);
    expect(await find()).toBeUndefined();
    await clock.advance(1);
    expect(await find()).toMatchObject({ resource: 'things', isScalable: false });
  });

  it('a failure is not remembered', async () => {
    const { discovery, failures } = setUp();
    failures.push(new ApiStatusError(503, 'ServiceUnavailable', 'no'));
    const find = () => discovery.find('argoproj.io', 'v1alpha1', 'Rollout', signal);
    await expect(find()).rejects.toMatchObject({ status: 503 });
    expect(await find()).toMatchObject({ resource: 'rollouts' });
  });

  it('reads the core group from its own path, whatever version is named', async () => {
    const { discovery, answers, asked } = setUp();
    answers.set('/api/v1', { resources: [{ name: 'replicationcontrollers', kind: 'ReplicationController' }, 7, null] });
    for (const version of ['v1', '', 'v2']) {
      expect(await discovery.find('', version, 'ReplicationController', signal)).toMatchObject({
        version: 'v1',
        resource: 'replicationcontrollers',
      });
    }
    expect(await discovery.find('', 'v1', 'Rollout', signal)).toBeUndefined();
    expect(asked).toEqual(['/api/v1']);
  });

  it('takes broken answers for empty ones', async () => {
    const { discovery, answers } = setUp();
    for (const body of ['nonsense', null, 7, [], { resources: 7 }, { resources: [null, 7, { name: 7, kind: {} }] }]) {
      answers.set('/apis/argoproj.io/v2', body);
      expect(await discovery.find('argoproj.io', 'v2', 'Gizmo', signal)).toBeUndefined();
    }
    answers.set('/apis/argoproj.io', { preferredVersion: 7, versions: [null, {}, { version: 7 }] });
    expect(await discovery.versionsOf('argoproj.io', signal)).toEqual(['v1alpha1', 'v1']);
  });

  it('notices within half a minute that a kind got a scale, moved to another version, or went', async () => {
    const { discovery, clock, answers } = setUp();
    const find = () => discovery.find('argoproj.io', 'v1alpha1', 'AnalysisRun', signal);
    expect(await find()).toMatchObject({ version: 'v1alpha1', isScalable: false });
    const resources = [
      { name: 'analysisruns', kind: 'AnalysisRun' },
      { name: 'analysisruns/scale', kind: 'Scale' },
    ];
    answers.set('/apis/argoproj.io/v1alpha1', { resources });
    await clock.advance(30_000);
    expect(await find()).toMatchObject({ version: 'v1alpha1', isScalable: true });
    answers.delete('/apis/argoproj.io/v1alpha1');
    answers.set('/apis/argoproj.io/v1', { resources });
    await clock.advance(30_000);
    expect(await find()).toMatchObject({ version: 'v1', isScalable: true });
    answers.delete('/apis/argoproj.io/v1');
    await clock.advance(30_000);
    expect(await find()).toBeUndefined();
  });

  it('one that is called off leaves, the others get the answer', async () => {
    const { discovery, answers } = setUp();
    const answer = Promise.withResolvers<unknown>();
    answers.set('/apis/slow.dev/v1', answer.promise);
    const leaving = new AbortController();
    const left = discovery.find('slow.dev', 'v1', 'Thing', leaving.signal);
    const stays = discovery.find('slow.dev', 'v1', 'Thing', signal);
    leaving.abort(new Error('shutdown'));
    await expect(left).rejects.toMatchObject({ code: 'Cancelled' });
    answer.resolve({ resources: [{ name: 'things', kind: 'Thing' }] });
    expect(await stays).toMatchObject({ resource: 'things' });
  });
});

it('remembers a bounded number of group versions, whatever references name', async () => {
  const { discovery, asked } = setUp();
  for (let index = 0; index < 5000; index++) {
    await discovery.find(`group-${index}.example.com`, 'v1', 'Gizmo', signal);
    expect(discovery.size).toBeLessThanOrEqual(2000);
  }
  asked.length = 0;
  await discovery.find('group-4999.example.com', 'v1', 'Gizmo', signal);
  expect(asked).toEqual([]);
});
