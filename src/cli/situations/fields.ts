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

type Values = Readonly<Record<string, unknown>>;

/** An object of a line, which knows where it stands. Paths are only spelled out for a fault. */
export class Fields {
  readonly #values: Values;
  readonly #parent: Fields | undefined;
  readonly #key: string;
  readonly #index: number | undefined;

  private constructor(values: Values, key: string, parent?: Fields, index?: number) {
    this.#values = values;
    this.#parent = parent;
    this.#key = key;
    this.#index = index;
  }

  static of(value: unknown, path: string): Fields {
    if (!isObject(value)) throw new FieldError(path, value, 'an object');
    return new Fields(value, path);
  }

  get path(): string {
    const name = this.#index === undefined ? this.#key : `${this.#key}[${this.#index}]`;
    return this.#parent === undefined ? name : `${this.#parent.path}.${name}`;
  }

  /** The raw value; undefined when the field is missing, null stays null. */
  raw(name: string): unknown {
    // Parsed JSON holds own properties only, and no field of the format is called as one of Object.prototype.
    return this.#values[name];
  }

  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  fail(name: string, wanted: string): FieldError {
    return new FieldError(this.at(name), this.raw(name), wanted);
  }

  number(name: string, unset?: number): number {
    const value = this.raw(name) ?? unset;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.fail(name, 'a number');
    return value;
  }

  optionalNumber(name: string): number | undefined {
    const value = this.raw(name) ?? undefined;
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.fail(name, 'a number');
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
    const value = this.raw(name) ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw this.fail(name, 'a text');
    return value;
  }

  boolean(name: string, unset?: boolean): boolean {
    const value = this.raw(name) ?? unset;
    if (typeof value !== 'boolean') throw this.fail(name, 'true or false');
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[], unset?: T): T {
    const value = this.raw(name) ?? unset;
    const found = choices[choices.indexOf(value as T)];
    if (found === undefined) throw this.fail(name, `one of ${choices.join(', ')}`);
    return found;
  }

  object(name: string): Fields {
    return this.child(name, this.raw(name));
  }

  optionalObject(name: string): Fields | undefined {
    const value = this.raw(name) ?? undefined;
    return value === undefined ? undefined : this.child(name, value);
  }

  /** The objects of a list; a missing list is empty. */
  objects(name: string): readonly Fields[] {
    const list = this.list(name);
    // Most lists of a pod are missing, and pods are what most of a file is made of.
    if (list.length === 0) return [];
    return list.map((value, index) => {
      if (!isObject(value)) throw new FieldError(`${this.at(name)}[${index}]`, value, 'an object');
      return new Fields(value, name, this, index);
    });
  }

  list(name: string): readonly unknown[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) throw this.fail(name, 'a list');
    return value;
  }

  /** A signed 64-bit count of thousandths: a whole number, or a text where it is too large for one. */
  milli(name: string): bigint {
    const milli = milliOf(this.raw(name));
    if (milli === undefined) throw this.fail(name, MILLI);
    return milli;
  }

  /** As `milli`, for each member of a list. */
  millis(name: string): readonly bigint[] {
    return this.list(name).map((value, index) => {
      const milli = milliOf(value);
      if (milli === undefined) throw new FieldError(`${this.at(name)}[${index}]`, value, MILLI);
      return milli;
    });
  }

  private child(name: string, value: unknown): Fields {
    if (!isObject(value)) throw this.fail(name, 'an object');
    return new Fields(value, name, this);
  }

  private at(name: string): string {
    return `${this.path}.${name}`;
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MILLI = 'a whole number of thousandths (as a text when above 2^53)';

function milliOf(value: unknown): bigint | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2 ** 53) return BigInt(value);
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}
