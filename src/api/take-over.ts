// The annotation that says where a ScaledTarget goes on from when the HPA on its workload goes. What that means for the
// recommendations is the controller's.
import { asRecord, own, ownText } from './json-input.ts';
import type { TakeOver } from './spec.ts';

const ANNOTATION = 'setpoint.dev/take-over';
/** Enough to recognise a value by. */
const SHOWN_LENGTH = 60;

/** What `metadata` asks for; undefined: to go on from the size that is found. */
export function readTakeOver(metadata: unknown): TakeOver | undefined {
  const annotations = asRecord(own(asRecord(metadata), 'annotations'));
  const value = ownText(annotations, ANNOTATION);
  if (value === undefined) return undefined;
  if (value === 'recommendation') return { from: 'recommendation' };
  const shown = JSON.stringify(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value);
  const problem = `annotation ${ANNOTATION} is ${shown} and has no effect: set it to recommendation, or remove it`;
  return { from: 'size', problem };
}
