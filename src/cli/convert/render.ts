// ScaledTargets as text: YAML with what changed as comments above each, or JSON.
import { stringify } from 'yaml';
import type { ConvertedTarget } from './convert-hpa.ts';

export interface Titled {
  readonly target: ConvertedTarget;
  /** Sentences for the comment above. */
  readonly comments: readonly string[];
}

/** Documents apart by `---`. Texts that any reader of YAML might take for something else are in quotes. */
export function renderYaml(results: readonly Titled[]): string {
  const options = { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false } as const;
  return results
    .map(({ target, comments }) => `${comments.map(comment).join('')}${stringify(target, options)}`)
    .join('---\n');
}

/** One object, or a List of several. */
export function renderJson(results: readonly Titled[]): string {
  const [first, ...more] = results.map(({ target }) => target);
  const whole = more.length === 0 ? first : { apiVersion: 'v1', kind: 'List', items: [first, ...more] };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** Whatever a name holds, it ends no comment. */
function comment(sentence: string): string {
  return `# ${sentence.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}\n`;
}
