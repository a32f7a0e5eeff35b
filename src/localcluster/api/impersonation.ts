// Acting as somebody else (`kubectl --as`): who may impersonate is asked like any other question of RBAC.

import type { IncomingHttpHeaders } from 'node:http';
import type { Storage } from '../storage/storage.ts';
import { groupsOf, type User } from './auth.ts';
import { type Attributes, authorize, forbiddenRequest } from './rbac.ts';

/** The user that a request is judged as. Throws 403 when the one who asks may not be that user or of those groups. */
export function actingUser(storage: Storage, asking: User, headers: IncomingHttpHeaders): User {
  const name = headerValues(headers['impersonate-user'])[0];
  if (name === undefined) return asking;
  const groups = headerValues(headers['impersonate-group']);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const [, namespace = '', accountName = ''] = account ?? [];
  const wanted: [resource: string, name: string][] = [
    account === null ? ['users', name] : ['serviceaccounts', accountName],
    ...groups.map((group): [string, string] => ['groups', group]),
  ];
  for (const [resource, resourceName] of wanted) {
    const question: Attributes = {
      isResource: true,
      verb: 'impersonate',
      group: '',
      resource,
      subresource: '',
      namespace: resource === 'serviceaccounts' ? namespace : '',
      name: resourceName,
      path: '',
    };
    if (authorize(storage, asking, question) === undefined) throw forbiddenRequest(asking, question);
  }
  return { name, groups: groupsOf(name, groups), rules: [] };
}

/** Node joins headers of one name with commas, which no name or group here has. */
function headerValues(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}
