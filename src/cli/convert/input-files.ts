// What -f names: files, standard input, directories with manifests directly in them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { messageOf } from '../../base/errors.ts';

export type InputFile = { readonly name: string; readonly text: string } | { readonly fault: string };

const MANIFEST = /\.(?:ya?ml|json)$/i;

/** Every file in the order given, a directory's by name. What cannot be read is a line, and the others are read all the same. */
export async function readInputFiles(paths: readonly string[], stdin: NodeJS.ReadableStream): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const path of paths) {
    if (path === '-') files.push(await readStdin(stdin));
    else files.push(...readPath(path));
  }
  return files;
}

async function readStdin(stdin: NodeJS.ReadableStream): Promise<InputFile> {
  const name = 'standard input';
  try {
    return { name, text: await textOf(stdin) };
  } catch (error) {
    return unreadable(name, error);
  }
}

function readPath(path: string): InputFile[] {
  try {
    if (!statSync(path).isDirectory()) return [readOne(path)];
    const names = readdirSync(path).filter((name) => MANIFEST.test(name));
    if (names.length === 0) return [{ fault: `${path}: no .yaml, .yml or .json file is directly in it` }];
    return names.sort().map((name) => readOne(join(path, name)));
  } catch (error) {
    return [unreadable(path, error)];
  }
}

function readOne(path: string): InputFile {
  try {
    return { name: path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    return unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): InputFile {
  return { fault: `${path} cannot be read: ${messageOf(error)}` };
}
