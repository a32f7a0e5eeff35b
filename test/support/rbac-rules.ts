// The rules of a role and the requests in an audit log, in the same words: which rule allowed what.

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export interface Request {
  readonly verb: string;
  readonly group: string;
  readonly resource?: string | undefined;
  readonly subresource?: string | undefined;
}

/** Each verb on each resource that the rules allow. */
export function triples(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource} of "${group}"`)),
    ),
  );
}

export function textOf({ verb, group, resource, subresource }: Request): string {
  return `${verb} ${resource}${subresource ? `/${subresource}` : ''} of "${group}"`;
}

/** A request as the rule would name it that allows it. */
export function ruleOf(request: Request): string {
  return /^(custom|external)\.metrics\.k8s\.io$/.test(request.group)
    ? `${request.verb} * of "${request.group}"`
    : textOf(request);
}
