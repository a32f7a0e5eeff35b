// Finds members that a JSON text gives twice, which JSON.parse forgets. The text has been parsed already, so it is well formed.

const token = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/g;

interface Level {
  /** Of an object: the names so far. Of a list: undefined. */
  readonly names: Set<string> | undefined;
  readonly path: string;
  index: number;
  name: string;
}

/** Paths as `spec.steps[0].name`, in the order of the second mention. */
export function duplicateMembers(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let isName = false;
  for (const [part] of text.matchAll(token)) {
    const level = levels.at(-1);
    if (part === '{' || part === '[') {
      levels.push({ names: part === '{' ? new Set() : undefined, path: pathOf(level), index: 0, name: '' });
      isName = part === '{';
    } else if (part === '}' || part === ']') {
      levels.pop();
      isName = false;
    } else if (part === ',') {
      isName = level?.names !== undefined;
      if (level !== undefined) level.index += 1;
    } else if (isName && level?.names !== undefined) {
      level.name = JSON.parse(part) as string;
      if (level.names.has(level.name)) found.push(pathOf(level));
      level.names.add(level.name);
      isName = false;
    }
  }
  return found;
}

function pathOf(level: Level | undefined): string {
  if (level === undefined) return '';
  if (level.names === undefined) return `${level.path}[${level.index}]`;
  return level.path === '' ? level.name : `${level.path}.${level.name}`;
}
