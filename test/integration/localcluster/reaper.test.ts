// The reaper by itself: what is registered goes with it, what was let go stays, and it survives its own death.
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { CLUSTER_ID_VARIABLE, Reaper } from '../../../src/localcluster/kubelet/reaper.ts';
import { isAlive, until } from '../../support/process-cluster.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function sleeper(env: Record<string, string> = {}): number {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env: { PATH: process.env['PATH'], ...env } });
  children.push(child);
  return child.pid!;
}

test('kills what is registered and what carries its id, and leaves the rest alone', async () => {
  const reaper = new Reaper('id-of-this-test');
  const [registered, released, other] = [sleeper(), sleeper(), sleeper({ [CLUSTER_ID_VARIABLE]: 'another' })];
  const marked = sleeper({ [CLUSTER_ID_VARIABLE]: 'id-of-this-test' });
  reaper.add(registered);
  reaper.add(released);
  reaper.delete(released);
  await reaper.close();
  await until(() => !isAlive(registered), 'the registered one to go');
  // The search by id needs /proc.
  if (process.platform === 'linux') await until(() => !isAlive(marked), 'the marked one to go');
  expect([released, other].map(isAlive)).toEqual([true, true]);
});

test('a reaper that is killed is replaced by one that knows the same groups', async () => {
  const reaper = new Reaper('id-of-this-test-too');
  const group = sleeper();
  reaper.add(group);
  const { pid } = reaper;
  process.kill(pid!, 'SIGKILL');
  await until(() => reaper.pid !== pid && reaper.pid !== undefined, 'the next one');
  expect(isAlive(group)).toBe(true);
  await reaper.close();
  await until(() => !isAlive(group), 'the group to go');
});
