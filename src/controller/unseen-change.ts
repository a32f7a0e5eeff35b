// A size that changed between the last status and the start of this process: written by a controller that ended before its status
// was, or set by somebody else. Which one is not known, so it counts against more of the same for the rate policies, from when it
// is found, and makes no room for the other direction. The HPA knows nothing of the kind: not with guards Disabled.
import { asRecord, own } from '../api/json-input.ts';
import type { ScaledTarget, TargetSpec } from '../api/spec.ts';
import { storeScaleEvent } from '../decide/history.ts';
import type { TargetMemory } from './memory.ts';
import type { Scale } from './ports.ts';

/** The size that the controller which wrote this status left the workload at; undefined when the status does not tell. */
export function leftSize({ generation, rawStatus, previous }: ScaledTarget): number | undefined {
  const { conditions, currentReplicas, desiredReplicas } = previous;
  // Another spec may have named another workload.
  if (own(asRecord(rawStatus), 'observedGeneration') !== generation) return undefined;
  // Who shares the workload with another writer finds changes that are not its own.
  if (conditions.some(({ type, status }) => type === 'Conflict' && status === 'True')) return undefined;
  const able = conditions.find(({ type }) => type === 'AbleToScale')?.reason;
  if (able === undefined || able === 'FailedGetScale' || able === 'Recommending') return undefined;
  return able === 'SucceededRescale' ? desiredReplicas : currentReplicas;
}

/** To be called when a cycle has read the scale: the first one is compared with what the status left. */
export function countUnseenChange(memory: TargetMemory, scale: Scale, spec: TargetSpec, now: number): void {
  const from = memory.leftSize;
  const to = scale.specReplicas;
  memory.leftSize = undefined;
  if (from === undefined || from === to || !mayBeOurs(from, to, spec)) return;
  const change = { from, to, atMs: now, unconfirmed: true } as const;
  const scaleEvents = storeScaleEvent(memory.history.scaleEvents, spec.behavior, change);
  memory.history = { ...memory.history, scaleEvents };
}

/** No controller leaves the bounds, or wakes a workload that was switched off. */
function mayBeOurs(from: number, to: number, { mode, guards, minReplicas, maxReplicas }: TargetSpec): boolean {
  if (mode === 'Recommend' || guards === 'Disabled') return false;
  if (from === 0 && minReplicas > 0) return false;
  return to >= minReplicas && to <= maxReplicas;
}
