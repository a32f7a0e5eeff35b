// Jobs: what the server fills in, what it refuses, and what may not change. They are suspended, so that no pod comes of them.
import { describe, expect, test } from 'vitest';
import type { ApiSession } from './session.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function job(name: string, spec: Record<string, unknown> = {}, restartPolicy?: string) {
  const containers = [{ name: 'main', image: 'registry.invalid/load:1' }];
  const pod = { containers, ...(restartPolicy === undefined ? {} : { restartPolicy }) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { suspend: true, ...spec, template: { spec: pod } },
  };
}

export function jobsContract(api: ApiSession): void {
  const jobs = () => api.in('apis/batch/v1', 'jobs');

  describe('jobs', () => {
    test('have defaults, a selector and labels of their own', async () => {
      const { status, body } = await api.call('POST', jobs(), job('filled', {}, 'Never'));
      expect(status).toBe(201);
      const { uid } = body.metadata;
      expect(body.spec).toMatchObject({
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: true,
        podReplacementPolicy: 'TerminatingOrFailed',
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
        template: {
          metadata: {
            labels: {
              'batch.kubernetes.io/controller-uid': uid,
              'batch.kubernetes.io/job-name': 'filled',
              'controller-uid': uid,
              'job-name': 'filled',
            },
          },
          spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 30 },
        },
      });
      expect(body.status).toEqual({});
    });

    test('with a parallelism alone have no number of completions', async () => {
      const { body } = await api.call('POST', `${jobs()}?dryRun=All`, job('queue', { parallelism: 3 }, 'OnFailure'));
      expect(body.spec).toMatchObject({ parallelism: 3 });
      expect(body.spec).not.toHaveProperty('completions');
    });

    test.each([
      [
        'that do not say what a failed container does',
        {},
        undefined,
        'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
      ['that restart always', {}, 'Always', 'spec.template.spec.restartPolicy: Required value'],
      [
        'with fewer than no pods at a time',
        { parallelism: -1 },
        'Never',
        'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      ],
      ['with fewer than no failures', { backoffLimit: -1 }, 'Never', 'spec.backoffLimit: Invalid value: -1'],
      [
        'with a deadline before the start',
        { activeDeadlineSeconds: -1 },
        'Never',
        'spec.activeDeadlineSeconds: Invalid value: -1',
      ],
    ])('%s are refused', async (_, spec, restartPolicy, message) => {
      const { status, body } = await api.call('POST', jobs(), job('refused', spec, restartPolicy));
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.message).toContain(message);
    });

    test('cannot be given another template, but another parallelism', async () => {
      await api.call('POST', jobs(), job('fixed', { completions: 4 }, 'Never'));
      const change = { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } };
      const { status, body } = await api.patch(`${jobs()}/fixed`, 'merge', change);
      expect(status).toBe(422);
      expect(body.message).toContain('field is immutable');
      expect(body.details.causes.map(({ field }) => field)).toContain('spec.template');
      const fewer = await api.patch(`${jobs()}/fixed`, 'merge', { spec: { completions: 2 } });
      expect(fewer.status).toBe(422);
      const wider = await api.patch(`${jobs()}/fixed`, 'merge', { spec: { parallelism: 2 } });
      expect(wider.body).toMatchObject({ spec: { parallelism: 2 }, metadata: { generation: 2 } });
    });

    test('are shown with how far they are', async () => {
      await api.call('POST', jobs(), job('shown', { completions: 3 }, 'Never'));
      const { body } = await api.get(`${jobs()}/shown`, { headers: { accept: TABLE } });
      expect(body.columnDefinitions.map(({ name, priority }) => [name, priority])).toEqual([
        ['Name', 0],
        ['Status', 0],
        ['Completions', 0],
        ['Duration', 0],
        ['Age', 0],
        ['Containers', 1],
        ['Images', 1],
        ['Selector', 1],
      ]);
      expect(body.rows[0]?.cells.slice(0, 4)).toEqual(['shown', 'Running', '0/3', '']);
    });
  });
}
