// Selectors as the metrics APIs take them: in the canonical string form, in which equal ones are equal texts.
import type { LabelSelector } from '../api/spec.ts';
import { parseSelector, selectorFromObject, stringifySelector } from '../base/selector.ts';
import { absent } from './absence.ts';

export const BAD_SELECTOR = absent('BadShape', 'the selector of the metric is not valid');

/** Of a metric: none selects all its series, as an empty one does. Undefined when it is no selector. */
export function metricSelectorText(selector: LabelSelector | undefined): string | undefined {
  if (selector === undefined) return '';
  const parsed = selectorFromObject(selector);
  return parsed.selector && stringifySelector(parsed.selector);
}

/** Of the pods, as a scale names it. A text that cannot be read is left to the API to refuse. */
export function canonicalSelector(text: string): string {
  const parsed = parseSelector(text);
  return parsed.selector === undefined ? text : stringifySelector(parsed.selector);
}
