// Times, figures and limits of scenarios as text. Pure.
import type { Verdict } from '../../src/simulator/figures.ts';
import type { Incident } from '../../src/simulator/schema.ts';

/** Such as `1:05:15`. */
export function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** Such as `3 h` or `57 min`. */
export function length(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const UNITS: Partial<Record<Verdict['expectation']['measure'], string>> = {
  shortSeconds: ' s',
  secondsToSize: ' s',
  secondsToSmaller: ' s',
  coveredPercent: ' %',
  podHours: ' pod-hours',
};

/** What was measured, with its unit. */
export function measuredText({ measured, expectation: { measure } }: Verdict): string {
  if (!Number.isFinite(measured)) return 'never';
  return `${Number(measured.toFixed(2))}${UNITS[measure] ?? ''}`;
}

/** What it must be. */
export function limitText({ expectation: { atLeast, atMost, measure } }: Verdict): string {
  const unit = UNITS[measure] ?? '';
  if (atLeast !== undefined && atLeast === atMost) return `${atLeast}${unit}`;
  if (atLeast === undefined) return `at most ${atMost ?? 0}${unit}`;
  return atMost === undefined ? `at least ${atLeast}${unit}` : `${atLeast} to ${atMost}${unit}`;
}

/** What goes wrong, in a few words. */
export function incidentText(incident: Incident): string {
  switch (incident.type) {
    case 'SourceOutage':
      return 'source away';
    case 'WrongValue':
      return incident.factor === 0 ? 'source says 0' : `source says ${percent(incident.factor)}`;
    case 'LoadChange':
      return incident.factor === 0 ? 'load gone' : `load at ${percent(incident.factor)}`;
    case 'Rollout':
    default:
      return 'rollout';
  }
}

function percent(factor: number): string {
  return `${Number((factor * 100).toFixed(1))} %`;
}
