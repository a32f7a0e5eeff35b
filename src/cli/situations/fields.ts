// Typed access to one line of JSON: a value of the wrong kind is told with the field's path and what was seen.

/** A field that is not what the format says. */
export class FieldError extends Error {
  constructor(field: string, seen: unknown, wanted: string) {
    super(`${field} is ${show(seen)}, but must be ${wanted}`);
    this.name = 'FieldError';
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** An object of a line, with the path it stands at. */
export class Fields {
  readonly path: string;
  private readonly values: Readonly<Record<string, unknown>>;

  private constructor(path: string, values: Readonly<Record<string, unknown>>) {
    this.path = path;
    this.values = values;
  }

  static of(value: unknown, path: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FieldError(path, value, 'an object');
    }
    return new Fields(path, value as Record<string, unknown>);
  }

  /** The raw value; undefined when the field is missing, null stays null. */
  raw(name: string): unknown {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  names(): readonly string[] {
    return Object.keys(this.values);
  }

  fail(name: string, wanted: string): FieldError {
    return new FieldError(this.at(name), this.raw(name), wanted);
  }

  number(name: string, unset?: number): number {
    const value = this.raw(name) ?? unset;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.fail(name, 'a number');
    return value;
  }

  integer(name: string, unset?: number): number {
    const value = this.raw(name) ?? unset;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.fail(name, 'a whole number');
    return value;
  }

  string(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string') throw this.fail(name, 'a text');
    return value;
  }

  optionalString(name: string): string | undefined {
    return this.has(name) ? this.string(name) : undefined;
  }

  boolean(name: string, unset?: boolean): boolean {
    const value = this.raw(name) ?? unset;
    if (typeof value !== 'boolean') throw this.fail(name, 'true or false');
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[], unset?: T): T {
    const value = this.raw(name) ?? unset;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.fail(name, `one of ${choices.join(', ')}`);
    return found;
  }

  object(name: string): Fields {
    return Fields.of(this.raw(name), this.at(name));
  }

  optionalObject(name: string): Fields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  /** The objects of a list; a missing list is empty. */
  objects(name: string): readonly Fields[] {
    return this.list(name).map((value, index) => Fields.of(value, `${this.at(name)}[${index}]`));
  }

  list(name: string): readonly unknown[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) throw this.fail(name, 'a list');
    return value;
  }

  /** A signed 64-bit count of thousandths: a whole number, or a text where it is too large for one. */
  milli(name: string): bigint {
    return milliOf(this.raw(name), this.at(name));
  }

  optionalMilli(name: string): bigint | undefined {
    return this.has(name) ? this.milli(name) : undefined;
  }

  private at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

export function milliOf(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2 ** 53) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value);
  throw new FieldError(path, value, 'a whole number of thousandths (as a text when above 2^53)');
}
