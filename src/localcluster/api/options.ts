// The parameters that ask how something is to be done: options of writes and of lists, checked as the real server checks them.

import { badRequest, forbiddenField, invalid, requiredValue, type StatusCause, unsupportedValue } from '../status.ts';
import type { RequestInfo } from './request-info.ts';

const validations = ['', 'Ignore', 'Strict', 'Warn'];
const matches = ['Exact', 'NotOlderThan', ''];

const kinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
};

/** Throws 422 with all faults of the options of a create, update or patch. */
export function checkWriteOptions({ verb }: RequestInfo, query: URLSearchParams, isApply: boolean): void {
  const causes: StatusCause[] = [];
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) causes.push(unsupportedValue('dryRun', dryRun, ['All']));
  const validation = query.get('fieldValidation') ?? '';
  if (!validations.includes(validation)) causes.push(unsupportedValue('fieldValidation', validation, validations));
  if (isApply && (query.get('fieldManager') ?? '') === '')
    causes.push(requiredValue('fieldManager', 'is required for apply patch'));
  if (verb === 'patch' && !isApply && query.has('force'))
    causes.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  refuse(kinds[verb] ?? 'UpdateOptions', causes);
}

/** Throws 422 for options of a list that contradict each other, 400 for those that cannot be read. */
export function checkListOptions(query: URLSearchParams): void {
  const causes: StatusCause[] = [];
  const field = 'resourceVersionMatch';
  const match = query.get(field) ?? '';
  const version = query.get('resourceVersion') ?? '';
  if (match !== '') {
    if (version === '') causes.push(forbiddenField(field, `${field} is forbidden unless resourceVersion is provided`));
    if ((query.get('continue') ?? '') !== '')
      causes.push(forbiddenField(field, `${field} is forbidden when continue is provided`));
    if (!matches.includes(match)) causes.push(unsupportedValue(field, match, matches));
    if (match === 'Exact' && version === '0')
      causes.push(forbiddenField(field, `${field} "exact" is forbidden for resourceVersion "0"`));
  }
  if (query.has('sendInitialEvents'))
    causes.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  refuse('ListOptions', causes);
  checkTimeout(query);
}

/** The same for a watch. */
export function checkWatchOptions(query: URLSearchParams): void {
  const field = 'resourceVersionMatch';
  const match = query.get(field) ?? '';
  const causes: StatusCause[] = [];
  const asksForInitial = query.has('sendInitialEvents');
  if (asksForInitial && match !== 'NotOlderThan')
    causes.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (!asksForInitial && match !== '')
    causes.push(forbiddenField(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
  refuse('ListOptions', causes);
  checkTimeout(query);
}

function checkTimeout(query: URLSearchParams): void {
  const text = query.get('timeoutSeconds') ?? '';
  if (text !== '' && !/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function refuse(kind: string, causes: StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', plural: '', kind }, '', causes);
}
