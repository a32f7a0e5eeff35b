// Installing with kubectl, the examples, and what kubectl shows of a ScaledTarget.
import { describe, expect, it } from 'vitest';
import type { ApiBody } from '../../support/api-body.ts';
import { eventually } from './eventually.ts';
import { DEPLOYMENT, external, type Kind, Space } from './space.ts';
import type { RealStage } from './stage.ts';

const STATEFUL_SET: Kind = { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' };
const DEPLOYED = ['billing', 'cache', 'checkout', 'mailer', 'orders', 'search', 'web'];

export function installTests(stage: () => RealStage): void {
  describe('deploy/base', () => {
    it('is applied by kubectl without a warning, and nothing is to be changed the second time', async () => {
      const lines = stage().installed.stdout.trim().split('\n');
      expect(lines.filter((line) => !line.endsWith(' created'))).toEqual([]);
      const before = await versions(stage());
      const again = await stage().kubectl('apply', '-k', 'deploy/base');
      // kubectl says `configured` of a PodDisruptionBudget each time.
      expect(again.stdout).not.toContain(' created');
      expect(await versions(stage())).toEqual(before);
      expect([stage().installed.stderr, again.stderr]).toEqual(['', '']);
    });

    it('runs two replicas under restricted pod security', async () => {
      const status = ['rollout', 'status', 'deployment/setpoint', '--timeout=100s'];
      const rollout = await stage().kubectl('-n', 'setpoint-system', ...status);
      expect(rollout).toMatchObject({ stdout: expect.stringContaining('successfully rolled out'), stderr: '' });
    });

    it('lets users with the role edit change ScaledTargets, and those with view only see them', async () => {
      const rights = await eventually(
        'the rights of both, in the roles that the controller manager puts together',
        () => Promise.all(['edit', 'view'].map((role) => verbsOnTargets(stage(), role))),
        (verbs) => verbs.every(({ length }) => length > 0),
      );
      expect(rights.map((verbs) => [verbs.includes('list'), verbs.includes('update')])).toEqual([
        [true, true],
        [true, false],
      ]);
    });
  });

  it('every example is applied without a warning and does what its first lines promise', async () => {
    const space = await Space.make(stage(), 'examples');
    await load(space);
    const applied = await space.kubectl('apply', '-f', 'examples');
    expect(applied.stderr).toBe('');
    expect(
      applied.stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' created')),
    ).toEqual([]);
    await besideAnHpa(space, 'billing');

    await Promise.all([
      // By their bounds: what each pod uses stays the same however many there are.
      space.untilSize('web', 10),
      space.untilSize('cache', 12),
      space.untilSize('checkout', 8),
      space.untilSize('orders', 11),
      space.untilSize('mailer', 4),
      eventually(
        'search grows',
        () => space.size('search'),
        (size) => size > 4,
      ),
      eventually(
        'queue grows',
        () => space.size('queue', STATEFUL_SET),
        (size) => size > 3,
      ),
      space.untilStatus('wants 8', 'billing', ({ desiredReplicas }) => desiredReplicas === 8),
    ]);
    for (const name of [...DEPLOYED, 'queue']) {
      await space.untilCondition(name, 'ScalingActive', 'True ValidMetricFound');
      expect([name, await space.condition(name, 'Conflict')]).toEqual([name, undefined]);
    }
    // The storm of `search` is answered with what its metric asks for, by how many of its pods are measured then; `queue` gets one pod first.
    await space.untilStatus('its change', 'search', ({ history = [] }) => history.length > 0);
    expect((await space.status('search')).history?.[0]).toMatchObject({
      from: 4,
      to: space.written('search')[0]?.replicas,
      reason: expect.not.stringContaining('limited') as string,
    });
    expect(space.written('queue')[0]?.replicas).toBe(4);
    expect(space.written('billing')).toEqual([]);
    expect(await space.size('billing')).toBe(4);
    const winners = await Promise.all(
      ['cache', 'orders'].map(async (name) => (await space.status(name)).lastDecision?.winner),
    );
    expect(winners).toEqual(['memory', 'hits']);
  });

  it('the load test is applied as one under restricted pod security, and comes to life; its Job ends when its pod does', async () => {
    const space = await Space.make(stage(), 'load-test');
    const levels = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);
    await space.kubectl('label', 'namespace', 'load-test', ...levels);
    const applied = await space.kubectl('apply', '-k', 'examples/load-test');
    expect(applied.stderr).toBe('');
    const lines = applied.stdout.trim().split('\n');
    expect(lines.map((line) => line.replace(' created', '')).sort()).toEqual([
      'configmap/load',
      'configmap/web',
      'deployment.apps/web',
      'job.batch/load',
      'scaledtarget.setpoint.dev/web',
      'service/web',
    ]);
    await space.untilSize('web', 2);
    await eventually(
      'both pods of web',
      () => space.pods('web'),
      ({ length }) => length === 2,
    );
    const jobOf = async () =>
      JSON.parse((await space.kubectl('get', 'job', 'load', '-o', 'json')).stdout) as {
        status: { active?: number; conditions?: { type: string; status: string; reason: string }[] };
      };
    await eventually('the pod of the Job', jobOf, ({ status }) => status.active === 1);
    const [pod] = await space.pods('load');
    const ended = JSON.stringify({ status: { phase: 'Succeeded' } });
    await space.kubectl('patch', 'pod', pod?.metadata.name ?? '', '--subresource=status', '--type=merge', '-p', ended);
    const { status } = await eventually(
      'the Job is complete',
      jobOf,
      (job) => job.status.conditions?.some(({ type }) => type === 'Complete') === true,
    );
    // As the local cluster says it.
    expect(status.conditions?.map(({ type, status: is, reason }) => [type, is, reason])).toEqual([
      ['SuccessCriteriaMet', 'True', 'CompletionsReached'],
      ['Complete', 'True', 'CompletionsReached'],
    ]);
  });

  it('columns, events and status are as documented', async () => {
    const space = await Space.make(stage(), 'shown');
    await space.workload('api');
    await space.workload('batch');
    space.tell('rps', 20);
    await space.target('api', { metrics: [external('rps', 5)], maxReplicas: 8 });
    await space.target('batch', { metrics: [external('none', 5)], mode: 'Recommend' });
    await space.target('lost', { metrics: [external('rps', 5)] });
    await space.untilSize('api', 4);
    space.tell('rps', 4);
    const held = 'rps 20% of target: stays at 4, held by the scale-down window';
    await space.untilStatus('says why', 'api', ({ summary }) => summary?.why === held);
    await space.untilCondition('batch', 'ScalingActive', 'False FailedGetExternalMetric');
    await space.untilCondition('lost', 'AbleToScale', 'False FailedGetScale');

    const [header = '', ...rows] = (await space.kubectl('get', 'st')).stdout.trimEnd().split('\n');
    expect(header.split(/\s{2,}/).join('|')).toBe('NAME|TARGET|METRICS|MIN|MAX|CURRENT|DESIRED|WHY|AGE');
    const cells = rows[0]?.split(/\s{2,}/) ?? [];
    expect(cells.slice(0, -1).join('|')).toBe(`api|Deployment/api|rps: 1/5|1|8|4|4|${held}`);
    expect(cells.at(-1)).toMatch(/^\d+[sm]/);
    const [wideHeader = '', ...wideRows] = (await space.kubectl('get', 'st', '-o', 'wide')).stdout
      .trimEnd()
      .split('\n');
    expect(wideHeader).toMatch(/AGE +MODE +LAST SCALE$/);
    expect(wideRows[0]).toMatch(/ Scale +\d+[sm]\S*$/);
    expect(wideRows[1]).toMatch(/ Recommend *$/);
    expect((await space.kubectl('get', 'autoscaling', '-o', 'name')).stdout).toContain('scaledtarget.setpoint.dev/api');

    const described = await eventually(
      'the events of api',
      async () => (await space.kubectl('describe', 'st', 'api')).stdout,
      (text) => text.includes('SuccessfulRescale'),
    );
    expect(described).toMatch(
      /Normal +SuccessfulRescale +\S+ +setpoint +Scaled from 2 to 4: rps is 10, target 5\. New size: 4; reason: external metric rps/,
    );
    expect(described).toMatch(/Earliest Scale Down: +\d{4}-/);
    expect((await space.kubectl('describe', 'st', 'lost')).stdout).toMatch(/Warning +FailedGetScale +.*lost/);
  });
}

/** That a role which every cluster has allows on ScaledTargets. */
async function verbsOnTargets({ plane }: RealStage, role: string): Promise<string[]> {
  const found = await plane.api.get(`/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`);
  const { rules } = found as unknown as { rules: { apiGroups?: string[]; verbs: string[] }[] };
  return rules.filter(({ apiGroups }) => apiGroups?.includes('setpoint.dev')).flatMap(({ verbs }) => verbs);
}

/** Name → generation, which counts the changes that somebody asked for; of what has none, the version. */
async function versions(stage: RealStage): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await stage.kubectl('get', '-k', 'deploy/base', '-o', 'json');
  const { items } = JSON.parse(stdout) as Pick<ApiBody, 'items'>;
  return Object.fromEntries(
    items.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.generation ?? metadata.resourceVersion]),
  );
}

/** What everybody uses and is asked for; by pod, from before the pods are there. */
async function load({ stage, namespace }: Space): Promise<void> {
  const use = (app: string, usage: { readonly cpu?: string; readonly memory?: string }) =>
    stage.setUsage({ namespace, labels: { app }, ...usage });
  await use('web', { cpu: '240m' });
  await use('cache', { cpu: '50m', memory: '200Mi' });
  await use('search', { cpu: '375m' });
  await use('queue', { memory: '400Mi' });
  await use('billing', { cpu: '240m' });
  stage.exporter.setRate('checkout', 790);
  stage.adapter.setExternal(namespace, 'queue_messages_ready', '100');
  stage.adapter.external = stage.adapter.external.map((one) =>
    one.namespace === namespace ? { ...one, metricLabels: { queue: 'outgoing' } } : one,
  );
  stage.tellCustom(
    { resource: 'ingresses.networking.k8s.io', namespace, name: 'orders', metric: 'hits_per_second', value: '2600' },
    {
      resource: 'pods',
      namespace,
      name: 'gone',
      labels: { app: 'orders' },
      metric: 'http_requests_per_second',
      value: '95',
    },
  );
}

async function besideAnHpa(space: Space, name: string): Promise<void> {
  const { apiVersion, kind } = DEPLOYMENT;
  await space.stage.plane.api.create(
    space.path({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' }),
    { metadata: { name }, spec: { scaleTargetRef: { apiVersion, kind, name }, minReplicas: 4, maxReplicas: 4 } },
  );
}
