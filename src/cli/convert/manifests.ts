// Kubernetes manifests as kubectl reads them: YAML or JSON, several documents, Lists taken apart. Promises a place (file,
// document, line) for everything, also for what cannot be read; what the objects mean is for others.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Tags,
} from 'yaml';
import { asRecord, type JsonRecord, own, ownList, ownText } from '../../api/json-input.ts';
import { messageOf } from '../../base/errors.ts';

/** One object and where it was found. */
export interface Manifest {
  readonly value: unknown;
  /** Such as `hpa.yaml, document 2, line 14`: of a field such as `spec.metrics[0].type` when one is given. */
  where(field?: string): string;
}

/** What stood where an object was looked for. */
export interface Unreadable {
  readonly fault: string;
}

/**
 * Every object of a text, in order. Numbers are as kubectl takes them (YAML 1.1: `010` is eight, and `on` is no text); whole ones
 * are BigInts, so that long ones lose no digit.
 */
export function readManifests(file: string, text: string): readonly (Manifest | Unreadable)[] {
  const lines = new LineCounter();
  const options = { version: '1.1', customTags: kubectlTags, intAsBigInt: true, prettyErrors: false } as const;
  const documents = parseAllDocuments(text, { ...options, lineCounter: lines });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document: Document, index: number): (Manifest | Unreadable)[] => {
    const place = new Place(file, index + 1, document, lines);
    const [error] = document.errors;
    if (error) return [{ fault: `${place.at(error.pos[0])}: ${unreadable(error.message, text)}` }];
    try {
      return objectsOf(document.toJS(), place, []);
    } catch (failure) {
      // Aliases that multiply without end.
      return [{ fault: `${place.where([])}: ${unreadable(messageOf(failure), text)}` }];
    }
  });
}

/** What kubectl does not take for numbers or times, though YAML 1.1 does. */
function kubectlTags(tags: Tags): Tags {
  return tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (!('format' in tag && tag.format === 'TIME') && tag.tag !== 'tag:yaml.org,2002:timestamp'),
  );
}

function unreadable(why: string, text: string): string {
  const remedy = text.includes('{{')
    ? 'this looks like a template: give what it renders to (helm template, envsubst)'
    : 'correct it; kubectl apply --dry-run=client -f FILE reads the same';
  return `neither YAML nor JSON: ${why.split('\n')[0] ?? ''}: ${remedy}`;
}

type Path = readonly (string | number)[];

function objectsOf(value: unknown, place: Place, path: Path): Manifest[] {
  if (value === null || value === undefined) return [];
  const record = asRecord(value);
  if (!isList(record)) return [{ value, where: (field) => place.where(path, field) }];
  const items = ownList(record, 'items');
  return items.flatMap((item, index) => objectsOf(withKindOf(record, item), place, [...path, 'items', index]));
}

function isList(record: JsonRecord | undefined): record is JsonRecord {
  return (ownText(record, 'kind')?.endsWith('List') ?? false) && Array.isArray(own(record, 'items'));
}

/** Items of a typed list, such as a HorizontalPodAutoscalerList, need not repeat what they are. */
function withKindOf(list: JsonRecord, item: unknown): unknown {
  const record = asRecord(item);
  const kind = ownText(list, 'kind')?.slice(0, -'List'.length) ?? '';
  if (record === undefined || kind === '' || own(record, 'kind') !== undefined) return item;
  return { apiVersion: ownText(list, 'apiVersion'), kind, ...record };
}

/** One step of a field: `spec`, `[0]`, `["a.b/c"]`. */
const FIELD_STEP = /\["([^"]*)"\]|\[\d+\]|[^.[\]]+/g;

/** Lines within one document. */
class Place {
  readonly #file: string;
  readonly #number: number;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, number: number, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#number = number;
    this.#document = document;
    this.#lines = lines;
  }

  at(offset: number | undefined): string {
    const line = offset === undefined ? '' : `, line ${this.#lines.linePos(offset).line}`;
    return `${this.#file}, document ${this.#number}${line}`;
  }

  /** Of a field of the object at `path`, or of what is left of its way where it is missing. */
  where(path: Path, field = ''): string {
    const steps = [...field.matchAll(FIELD_STEP)].map(([step, quoted]) => quoted ?? step.replace(/[[\]]/g, ''));
    let node: Node | null = this.#document.contents;
    let offset = startOf(node);
    for (const step of [...path, ...steps]) {
      const found = this.#child(node, step);
      if (!found) break;
      [node, offset] = [found.node, found.offset ?? offset];
    }
    return this.at(offset);
  }

  #child(parent: Node | null, step: string | number): { node: Node | null; offset: number | undefined } | undefined {
    const node = isAlias(parent) ? (parent.resolve(this.#document) ?? null) : parent;
    if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      return item && { node: item, offset: startOf(item) };
    }
    if (!isMap(node)) return undefined;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair && { node: pair.value as Node | null, offset: startOf(pair.key as Node) };
  }
}

function startOf(node: Node | null): number | undefined {
  return node?.range?.[0];
}
