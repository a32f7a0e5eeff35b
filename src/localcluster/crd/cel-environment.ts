// CEL as the API server offers it to validation rules: the language of cel-js plus Kubernetes' own functions.
// Not offered: url, ip, cidr, semver and the authorizer.

import { Environment, Optional, type ParseResult } from '@marcbachmann/cel-js';
import { parseQuantityMilliClamped } from '../../base/quantity.ts';
import { matchesPattern } from '../schema/pattern.ts';

/** A quantity inside CEL; compared by its value in thousandths. */
class Quantity {
  readonly milli: bigint;

  constructor(milli: bigint) {
    this.milli = milli;
  }
}

function quantityOf(text: string): Quantity {
  const milli = parseQuantityMilliClamped(text);
  if (milli === undefined) throw new Error(`${JSON.stringify(text)} is no quantity`);
  return new Quantity(milli);
}

function makeEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  environment.registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');
  registerQuantity(environment);
  registerLists(environment);
  registerStrings(environment);
  return environment;
}

function registerQuantity(environment: Environment): void {
  const order = (left: Quantity, right: Quantity) =>
    left.milli < right.milli ? -1n : left.milli > right.milli ? 1n : 0n;
  environment
    .registerType('Quantity', { ctor: Quantity, fields: {} })
    .registerFunction('quantity(string): Quantity', quantityOf)
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantityMilliClamped(text) !== undefined)
    .registerFunction('Quantity.compareTo(Quantity): int', order)
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (left: Quantity, right: Quantity) => left.milli > right.milli,
    )
    .registerFunction(
      'Quantity.isLessThan(Quantity): bool',
      (left: Quantity, right: Quantity) => left.milli < right.milli,
    )
    .registerFunction('Quantity.sign(): int', (it: Quantity) => (it.milli < 0n ? -1n : it.milli > 0n ? 1n : 0n))
    .registerFunction('Quantity.isInteger(): bool', (it: Quantity) => it.milli % 1000n === 0n)
    .registerFunction('Quantity.asInteger(): int', (it: Quantity) => {
      if (it.milli % 1000n !== 0n) throw new Error('the quantity is no whole number');
      return it.milli / 1000n;
    })
    .registerFunction('Quantity.asApproximateFloat(): double', (it: Quantity) => Number(it.milli) / 1000)
    .registerFunction(
      'Quantity.add(Quantity): Quantity',
      (left: Quantity, right: Quantity) => new Quantity(left.milli + right.milli),
    )
    .registerFunction(
      'Quantity.sub(Quantity): Quantity',
      (left: Quantity, right: Quantity) => new Quantity(left.milli - right.milli),
    )
    .registerFunction(
      'Quantity.add(int): Quantity',
      (left: Quantity, right: bigint) => new Quantity(left.milli + right * 1000n),
    )
    .registerFunction(
      'Quantity.sub(int): Quantity',
      (left: Quantity, right: bigint) => new Quantity(left.milli - right * 1000n),
    )
    .registerOperator('Quantity == Quantity', (left: Quantity, right: Quantity) => left.milli === right.milli);
}

type Ordered = bigint | number | string;

function registerLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: Ordered[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] as Ordered) <= item),
    )
    .registerFunction('list.sum(): dyn', (list: (bigint | number)[]) =>
      list.reduce((sum: bigint | number, item) => addNumbers(sum, item), typeof list[0] === 'number' ? 0 : 0n),
    )
    .registerFunction('list.min(): dyn', (list: Ordered[]) => extreme(list, (left, right) => left < right))
    .registerFunction('list.max(): dyn', (list: Ordered[]) => extreme(list, (left, right) => left > right))
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], item: unknown) => BigInt(list.indexOf(item)))
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) => BigInt(list.lastIndexOf(item)));
}

function addNumbers(left: bigint | number, right: bigint | number): bigint | number {
  return typeof left === 'bigint' && typeof right === 'bigint' ? left + right : Number(left) + Number(right);
}

function extreme(list: Ordered[], isBetter: (left: Ordered, right: Ordered) => boolean): Ordered {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('the list is empty');
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}

function registerStrings(environment: Environment): void {
  environment
    // The library's own matches() has no defence against patterns that never finish, so rules are rewritten to this one.
    .registerFunction('string.matchesSafely(string): bool', (text: string, pattern: string) =>
      matchesPattern(pattern, text),
    )
    .registerFunction('string.find(string): string', (text: string, pattern: string) =>
      matchesPattern(pattern, text) ? (new RegExp(pattern, 'u').exec(text)?.[0] ?? '') : '',
    )
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => text.charAt(Number(index)));
}

const environment = makeEnvironment();
const parsed = new Map<string, ParseResult>();

/** Compiles a rule; throws an Error that says what is wrong with it. */
export function compileCel(expression: string): ParseResult {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const result = environment.parse(expression.replaceAll(/\.matches\s*\(/g, '.matchesSafely('));
  const check = result.check();
  if (!check.valid) throw new Error(check.error?.message ?? 'the types do not fit');
  parsed.set(expression, result);
  return result;
}

/** The type the expression has as far as can be told without data: `bool`, `string`, `dyn`, ... */
export function celType(expression: string): string {
  return compileCel(expression).check().type ?? 'dyn';
}

export function optionalOf(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value);
}
