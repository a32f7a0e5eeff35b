import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../../../src/localcluster/api/request-info.ts';
import { fieldMatcher, parseLabelSelector } from '../../../../src/localcluster/api/selectors.ts';
import type { KubeObject } from '../../../../src/localcluster/objects.ts';
import { selectorText } from '../../../../src/localcluster/resources/scale.ts';

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front', 'k8s.io/role': 'x' };
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (web, api)', true],
    ['app notin (web)', false],
    ['missing notin (web)', true],
    ['k8s.io/role', true],
    ['!missing', true],
    ['! app', false],
    ['app in (api),tier', false],
    ['app=', false],
  ])('%s', (selector, expected) => {
    expect(parseLabelSelector(selector)(labels)).toBe(expected);
  });

  test.each(['app in web', 'app=a b', '=x', 'app>5', 'a=b=c'])('%s cannot be read', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(/unable to parse requirement/);
  });
});

describe('field selectors', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    spec: { nodeName: 'x' },
    status: { phase: 'Running' },
  } as unknown as KubeObject;
  test('of pods', () => {
    expect(fieldMatcher('pods', 'status.phase=Running,spec.nodeName!=y,metadata.namespace==n')(pod)).toBe(true);
    expect(fieldMatcher('pods', 'spec.nodeName=')(pod)).toBe(false);
    expect(() => fieldMatcher('pods', 'spec.containers=x')).toThrow('field label not supported: spec.containers');
    expect(() => fieldMatcher('deployments.apps', 'status.phase=Running')).toThrow('field label not supported');
  });
});

describe('selectors in string form', () => {
  test.each([
    [{ matchLabels: { b: '2', a: '1' } }, 'a=1,b=2'],
    [
      {
        matchLabels: { a: '1' },
        matchExpressions: [
          { key: 'k', operator: 'In', values: ['y', 'x'] },
          { key: 'e', operator: 'Exists' },
          { key: 'd', operator: 'DoesNotExist' },
          { key: 'n', operator: 'NotIn', values: ['z'] },
        ],
      },
      'a=1,!d,e,k in (x,y),n notin (z)',
    ],
    [{ app: 'rc' }, 'app=rc'],
    ['app=given', 'app=given'],
    [undefined, ''],
  ])('%j', (selector, expected) => {
    expect(selectorText(selector)).toBe(expected);
  });
});

describe('what a request is about', () => {
  const info = (method: string, path: string) => {
    const { verb, group, version, resource, subresource, namespace, name } = parseRequest(
      method,
      new URL(path, 'http://x'),
    );
    return { verb, group, version, resource, subresource, namespace, name };
  };
  const none = { group: '', version: 'v1', subresource: '', namespace: '', name: '' };
  test.each([
    ['GET', '/api/v1/pods', { ...none, verb: 'list', resource: 'pods' }],
    [
      'GET',
      '/api/v1/namespaces/shop/pods/p/log',
      { ...none, verb: 'get', resource: 'pods', namespace: 'shop', name: 'p', subresource: 'log' },
    ],
    [
      'GET',
      '/api/v1/namespaces/shop',
      { ...none, verb: 'get', resource: 'namespaces', namespace: 'shop', name: 'shop' },
    ],
    [
      'PUT',
      '/api/v1/namespaces/shop/status',
      { ...none, verb: 'update', resource: 'namespaces', namespace: 'shop', name: 'shop', subresource: 'status' },
    ],
    [
      'GET',
      '/apis/apps/v1/namespaces/shop/deployments?watch=true',
      { ...none, group: 'apps', verb: 'watch', resource: 'deployments', namespace: 'shop' },
    ],
    ['GET', '/apis/apps/v1/deployments?watch=0', { ...none, group: 'apps', verb: 'list', resource: 'deployments' }],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
      {
        ...none,
        group: 'apps',
        verb: 'patch',
        resource: 'deployments',
        namespace: 'shop',
        name: 'web',
        subresource: 'scale',
      },
    ],
    [
      'DELETE',
      '/api/v1/namespaces/shop/pods',
      { ...none, verb: 'deletecollection', resource: 'pods', namespace: 'shop' },
    ],
    [
      'GET',
      '/api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Dp',
      { ...none, verb: 'list', resource: 'pods', namespace: 'shop', name: 'p' },
    ],
  ])('%s %s', (method, path, expected) => {
    expect(info(method, path)).toEqual(expected);
  });
});
