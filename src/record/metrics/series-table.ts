// The series of targets and their text. A registry of the library builds a text of the labels for each value it is given, and again
// for each scrape; here the series with the same labels are one row, and rows stand in blocks that keep their text until a value in it
// changes. Setting a value is an assignment, a scrape writes what changed and lets others have their turn in between.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MetricDefinition } from './definition.ts';

/** Small enough that one change costs little, large enough that a text costs more than its being kept. */
const ROWS_IN_BLOCK = 128;
/** So many blocks take a few milliseconds to write. */
const BLOCKS_PER_TURN = 40;

/** Rows next to each other, and their text by family, encoded; undefined: to be written anew. */
class Block {
  readonly rows = new Set<SeriesRow>();
  readonly texts: (Uint8Array | undefined)[] = [];
}

/** Families that have the same labels share their rows. */
class Group {
  readonly labels: readonly string[];
  readonly families: MetricDefinition[] = [];
  readonly blocks: Block[] = [];

  constructor(labels: readonly string[]) {
    this.labels = labels;
  }

  blockWithRoom(): Block {
    const found = this.blocks.find(({ rows }) => rows.size < ROWS_IN_BLOCK);
    if (found) return found;
    const block = new Block();
    this.blocks.push(block);
    return block;
  }
}

/** The series of one set of labels: of a target, of one of its metrics, of one of its conditions. */
export class SeriesRow<Key extends string = string> {
  /** As between the braces. */
  readonly labels: string;
  /** By family; undefined: not shown. */
  readonly values: (number | undefined)[] = [];
  readonly #places: Readonly<Record<Key, number>>;
  readonly #block: Block;

  constructor(places: Readonly<Record<Key, number>>, block: Block, labels: string) {
    this.#places = places;
    this.#block = block;
    this.labels = labels;
    block.rows.add(this);
    block.texts.length = 0;
  }

  /** A value that is not known is not shown: the last one would look like a new one. */
  show(key: Key, value: number | undefined): void {
    const place = this.#places[key];
    if (this.values[place] === value) return;
    this.values[place] = value;
    this.#block.texts[place] = undefined;
  }

  /** Adds to a counter, which begins at 0. */
  add(key: Key, by: number): void {
    this.show(key, (this.values[this.#places[key]] ?? 0) + by);
  }

  /** Takes all its series away. */
  remove(): void {
    this.#block.rows.delete(this);
    this.#block.texts.length = 0;
  }
}

export class SeriesTable<Key extends string> {
  readonly #groups: Group[] = [];
  /** Of a family among those with the same labels. */
  readonly #places: Readonly<Record<Key, number>>;

  constructor(definitions: Readonly<Record<Key, MetricDefinition>>) {
    const places: Partial<Record<Key, number>> = {};
    for (const key of Object.keys(definitions) as Key[]) {
      const definition = definitions[key];
      let group = this.#groupOf(definition.labels);
      if (!group) this.#groups.push((group = new Group(definition.labels)));
      places[key] = group.families.push(definition) - 1;
    }
    this.#places = places as Record<Key, number>;
  }

  /** A new row, without values yet. @throws Error when no family has just these labels, in this order. */
  row(labels: Readonly<Record<string, string>>): SeriesRow<Key> {
    const group = this.#groupOf(Object.keys(labels));
    if (!group) throw new Error(`no metric of the catalogue has the labels ${Object.keys(labels).join(', ')}`);
    const text = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
    return new SeriesRow(this.#places, group.blockWithRoom(), text.join(','));
  }

  /** In the text format of Prometheus, family by family, in pieces. */
  async text(): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = [];
    let written = 0;
    for (const { text, isNew } of this.#pieces()) {
      pieces.push(text);
      if (isNew && ++written % BLOCKS_PER_TURN === 0) await nextTurn();
    }
    return pieces;
  }

  *#pieces(): Generator<{ readonly text: Uint8Array; readonly isNew: boolean }> {
    for (const { families, blocks } of this.#groups) {
      for (const [place, { name, type, help }] of families.entries()) {
        yield { text: Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), isNew: false };
        for (const block of blocks) {
          const kept = block.texts[place];
          const text = kept ?? textOf(name, place, block);
          block.texts[place] = text;
          yield { text, isNew: !kept };
        }
      }
    }
  }

  #groupOf(labels: readonly string[]): Group | undefined {
    const names = labels.join();
    return this.#groups.find((group) => group.labels.join() === names);
  }
}

function textOf(name: string, place: number, { rows }: Block): Uint8Array {
  let text = '';
  for (const { labels, values } of rows) {
    const value = values[place];
    if (value !== undefined) text += `${name}{${labels}} ${numberText(value)}\n`;
  }
  return Buffer.from(text);
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
