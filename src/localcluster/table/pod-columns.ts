// The columns of pods: above all the one-word status that sums up phase, containers and deletion.

import { asArray, asObject, asString, asText, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { ageOf } from './age.ts';
import { ageColumn, nameColumn, type TableColumn, textColumn, wide } from './column.ts';

const statusesOf = (pod: KubeObject): JsonObject[] => asArray(asObject(pod.status).containerStatuses).map(asObject);

export const podColumns: TableColumn[] = [
  nameColumn,
  textColumn('Ready', (pod) => {
    const total = asArray(asObject(pod.spec).containers).length;
    return `${statusesOf(pod).filter((it) => it.ready === true).length}/${total}`;
  }),
  textColumn('Status', podStatus),
  textColumn('Restarts', restarts),
  ageColumn,
  wide(textColumn('IP', (pod) => asString(asObject(pod.status).podIP) || '<none>')),
  wide(textColumn('Node', (pod) => asString(asObject(pod.spec).nodeName) || '<none>')),
  wide(textColumn('Nominated Node', () => '<none>')),
  wide(textColumn('Readiness Gates', () => '<none>')),
];

function podStatus(pod: KubeObject): string {
  const { phase, reason } = asObject(pod.status);
  let text = asString(reason) || asString(phase);
  for (const container of statusesOf(pod).toReversed()) text = containerStatus(container) ?? text;
  if (pod.metadata.deletionTimestamp !== undefined) return reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  return text;
}

function containerStatus(container: JsonObject): string | undefined {
  const { waiting, terminated } = asObject(container.state);
  if (isObject(waiting) && asString(waiting.reason) !== '') return asString(waiting.reason);
  if (!isObject(terminated)) return undefined;
  if (asString(terminated.reason) !== '') return asString(terminated.reason);
  return Number(terminated.signal ?? 0) !== 0
    ? `Signal:${asText(terminated.signal)}`
    : `ExitCode:${asText(terminated.exitCode, '0')}`;
}

function restarts(pod: KubeObject, now: number): string {
  const count = statusesOf(pod).reduce((sum, it) => sum + Number(it.restartCount ?? 0), 0);
  const times = statusesOf(pod).map((it) => asString(asObject(asObject(it.lastState).terminated).finishedAt));
  const last = times
    .filter((time) => time !== '')
    .sort()
    .at(-1);
  return count > 0 && last !== undefined ? `${count} (${ageOf(last, now)} ago)` : String(count);
}
