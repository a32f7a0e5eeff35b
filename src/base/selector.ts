// Label selectors: the string form of queries and scale statuses, and the object form of workloads, parsed once into
// requirements that match labels or print again. Pure; accepts what the API server accepts, refuses with a message.
// Where labels come from, and what an empty selector means to a workload, is the caller's business.

export type Labels = Readonly<Record<string, string>>;
export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Sorted. Empty for Exists and DoesNotExist; one for Gt and Lt. */
  readonly values: readonly string[];
}

/** All requirements must hold; an empty list matches everything. Sorted by key. */
export type Selector = readonly Requirement[];

export type ParsedSelector =
  | { readonly selector: Selector; readonly error?: undefined }
  | { readonly selector?: undefined; readonly error: string };

/** The object form, as workloads and metrics carry it. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const TOKEN = /\s*(!=|==|=|!|\(|\)|,|<|>|[^\s!=(),<>]+)/y;

/** Reads the string form, such as `app=web,tier in (front, edge),!legacy`. Empty text selects everything. */
export function parseSelector(text: string): ParsedSelector {
  try {
    return { selector: sorted(new Reader(text).requirements()) };
  } catch (error) {
    if (error instanceof SelectorFault) return { error: error.message };
    throw error;
  }
}

/** Reads the object form; an object without requirements selects everything. */
export function selectorFromObject(object: LabelSelectorObject): ParsedSelector {
  try {
    const requirements: Requirement[] = [];
    for (const [key, value] of Object.entries(object.matchLabels ?? {}))
      requirements.push(requirement(key, 'In', [value]));
    for (const { key, operator, values } of object.matchExpressions ?? []) {
      if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') {
        throw new SelectorFault(`"${operator}" is not a valid label selector operator`);
      }
      requirements.push(requirement(key, operator, values ?? []));
    }
    return { selector: sorted(requirements) };
  } catch (error) {
    if (error instanceof SelectorFault) return { error: error.message };
    throw error;
  }
}

/** Whether the labels meet every requirement. As in Kubernetes, `!=` and `notin` also match when the label is absent. */
export function matches(selector: Selector, labels: Labels): boolean {
  for (const one of selector) if (!meets(one, labels)) return false;
  return true;
}

/** The canonical string form, as the API server prints it in a scale's status. */
export function stringifySelector(selector: Selector): string {
  return selector.map(print).join(',');
}

class SelectorFault extends Error {}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  // Own keys only: a label named like a property of objects is plain data.
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isBeyond(value, values[0], 1n);
    case 'Lt':
      break;
  }
  return isBeyond(value, values[0], -1n);
}

function isBeyond(value: string | undefined, bound: string | undefined, sign: bigint): boolean {
  if (value === undefined || bound === undefined || !/^[+-]?[0-9]+$/.test(value)) return false;
  return (BigInt(value.replace('+', '')) - BigInt(bound.replace('+', ''))) * sign > 0n;
}

function print({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]}`;
    case 'Lt':
      break;
  }
  return `${key}<${values[0]}`;
}

function sorted(requirements: readonly Requirement[]): Selector {
  return [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function requirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  checkKey(key);
  const takesValues = operator !== 'Exists' && operator !== 'DoesNotExist';
  if (takesValues && values.length === 0) throw new SelectorFault(`the requirement on "${key}" needs a value`);
  if (!takesValues && values.length > 0) throw new SelectorFault(`the requirement on "${key}" takes no values`);
  const isOrder = operator === 'Gt' || operator === 'Lt';
  for (const value of values) {
    if (isOrder && !/^[+-]?[0-9]+$/.test(value)) {
      throw new SelectorFault(`"${clip(value)}" is not a whole number, which ">" and "<" need`);
    }
    if (value.length > 63 || (value !== '' && !NAME.test(value))) {
      throw new SelectorFault(
        `"${clip(value)}" is not a valid label value: at most 63 letters, digits, "-", "_" and "."`,
      );
    }
  }
  return { key, operator, values: [...new Set(values)].sort() };
}

function checkKey(key: string): void {
  const slash = key.indexOf('/');
  const name = slash === -1 ? key : key.slice(slash + 1);
  const isNameValid = name.length <= 63 && NAME.test(name);
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  const isPrefixValid = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
  if (!isNameValid || !isPrefixValid) throw new SelectorFault(`"${clip(key)}" is not a valid label key`);
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** Recursive descent over at most a few dozen tokens; linear in the text. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    const tokens: string[] = [];
    const trimmed = text.trimEnd();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < trimmed.length) tokens.push(TOKEN.exec(trimmed)?.[1] ?? '');
    this.#tokens = tokens;
  }

  requirements(): Requirement[] {
    const found: Requirement[] = [];
    if (this.#tokens.length === 0) return found;
    found.push(this.#requirement());
    while (this.#at < this.#tokens.length) {
      this.#expect(',');
      found.push(this.#requirement());
    }
    return found;
  }

  #requirement(): Requirement {
    if (this.#peek() === '!') {
      this.#at++;
      return requirement(this.#word('a label key'), 'DoesNotExist', []);
    }
    const key = this.#word('a label key');
    const operator = this.#peek();
    if (operator === undefined || operator === ',') return requirement(key, 'Exists', []);
    this.#at++;
    switch (operator) {
      case '=':
      case '==':
        return requirement(key, 'In', [this.#value()]);
      case '!=':
        return requirement(key, 'NotIn', [this.#value()]);
      case '>':
        return requirement(key, 'Gt', [this.#value()]);
      case '<':
        return requirement(key, 'Lt', [this.#value()]);
      case 'in':
        return requirement(key, 'In', this.#set());
      case 'notin':
        return requirement(key, 'NotIn', this.#set());
      default:
        throw new SelectorFault(`found "${clip(operator)}", expected one of: in, notin, =, ==, !=, <, >`);
    }
  }

  #set(): string[] {
    this.#expect('(');
    const values = [this.#value()];
    while (this.#peek() === ',') {
      this.#at++;
      values.push(this.#value());
    }
    this.#expect(')');
    return values;
  }

  /** A value may be empty: `app=` and `app in (,a)` both name the empty string. */
  #value(): string {
    const next = this.#peek();
    if (next === undefined || next === ',' || next === ')') return '';
    return this.#word('a label value');
  }

  #word(what: string): string {
    const next = this.#peek();
    if (next === undefined || /^[!=(),<>]/.test(next)) {
      throw new SelectorFault(`found "${next ?? 'the end'}", expected ${what}`);
    }
    this.#at++;
    return next;
  }

  #expect(token: string): void {
    const next = this.#peek();
    if (next !== token) throw new SelectorFault(`found "${clip(next ?? 'the end')}", expected "${token}"`);
    this.#at++;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }
}
