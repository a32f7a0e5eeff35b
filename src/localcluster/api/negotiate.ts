// The form an answer is asked for in: whole objects, a table (`kubectl get`) or metadata only, as JSON or YAML.

import { ApiStatusError } from '../status.ts';

export interface Negotiated {
  readonly form: 'object' | 'table' | 'metadata';
  readonly isYaml: boolean;
}

/** Protobuf is not among them; see docs/local-cluster.md. */
const served = ['application/json', 'application/yaml'];
const anything = new Set(['*/*', 'application/*']);

const forms: Readonly<Record<string, Negotiated['form']>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};

/** The first wish of an Accept header that can be fulfilled; none given is JSON. Throws 406 when none can. */
export function negotiate(accept: string | undefined): Negotiated {
  const wishes = (accept ?? '').split(',').filter((wish) => wish.trim() !== '');
  if (wishes.length === 0) return { form: 'object', isYaml: false };
  for (const wish of wishes) {
    const granted = grant(wish);
    if (granted !== undefined) return granted;
  }
  throw new ApiStatusError(406, 'NotAcceptable', `only the following media types are accepted: ${served.join(', ')}`);
}

function grant(wish: string): Negotiated | undefined {
  const [type = '', ...rest] = wish.split(';').map((part) => part.trim());
  if (!served.includes(type) && !anything.has(type)) return undefined;
  const isYaml = type === 'application/yaml';
  const parameters = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
  const as = parameters.get('as');
  if (as === undefined) return { form: 'object', isYaml };
  const form = parameters.get('g') === 'meta.k8s.io' ? forms[as] : undefined;
  return form === undefined ? undefined : { form, isYaml };
}
