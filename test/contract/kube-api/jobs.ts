// Jobs: what the server fills in, what it refuses, and what may not change. Nobody runs them here: the suite has no controllers.
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

    test.each([
      ['that wait', true, 'spec.template.spec'],
      ['that may have begun', false, 'spec.template'],
    ])('%s cannot be given another pod, but another parallelism', async (_, suspend, field) => {
      const path = `${jobs()}/fixed-${suspend}`;
      await api.call('POST', jobs(), job(`fixed-${suspend}`, { completions: 4, suspend }, 'Never'));
      const change = async (spec: Record<string, unknown>) => {
        const { status, body } = await api.patch(path, 'merge', { spec });
        return { status, fields: body.details?.causes.map((cause) => cause.field), message: body.message };
      };
      const message = expect.stringContaining('field is immutable') as unknown;
      const refused = { status: 422, fields: [field], message };
      expect(await change({ template: { spec: { restartPolicy: 'OnFailure' } } })).toEqual(refused);
      expect(await change({ completions: 2 })).toEqual({ ...refused, fields: ['spec.completions'] });
      expect(await change({ parallelism: 2 })).toMatchObject({ status: 200 });
      expect((await api.get(path)).body).toMatchObject({ spec: { parallelism: 2 }, metadata: { generation: 2 } });
      // The labels of one that has not begun are still open.
      expect(await change({ template: { metadata: { labels: { later: 'yes' } } } })).toMatchObject(
        suspend ? { status: 200 } : refused,
      );
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
