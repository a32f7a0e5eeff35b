// The object as YAML, read when it is asked for, to look at and to copy.
import { useEffect, useRef, useState } from 'preact/hooks';
import { later } from './browser.ts';
import { read } from './read-json.ts';

type Shown = { readonly text: string } | { readonly failure: string } | undefined;

export function Yaml({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const [isOpen, setOpen] = useState(false);
  const [shown, setShown] = useState<Shown>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (!isOpen) return undefined;
    const reading = new AbortController();
    const url = `api/v1/targets/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/yaml`;
    const show = async (): Promise<void> => {
      const answer = await read(url, reading.signal);
      if (reading.signal.aborted) return;
      setShown('text' in answer ? answer : { failure: `It could not be read: ${answer.problem.text}` });
    };
    void show();
    return () => reading.abort();
  }, [isOpen, asked]);
  return (
    <section class="yaml" aria-label="YAML">
      <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <h2>YAML</h2>
        </summary>
        <YamlText shown={shown} onReload={() => setAsked(asked + 1)} />
      </details>
    </section>
  );
}

function YamlText({ shown, onReload }: { readonly shown: Shown; readonly onReload: () => void }) {
  const text = useRef<HTMLPreElement>(null);
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    if (!shown || !('text' in shown)) return;
    try {
      await navigator.clipboard.writeText(shown.text);
      setSaid('Copied.');
    } catch {
      // Without https, or without leave: it is selected, and the keyboard copies it.
      if (text.current) getSelection()?.selectAllChildren(text.current);
      setSaid('Selected: copy it with Ctrl-C.');
    }
    later(4_000, () => setSaid(''));
  };
  return (
    <>
      <p class="yaml-tools">
        <button type="button" onClick={() => void copy()} disabled={!shown || !('text' in shown)}>
          Copy
        </button>
        <button type="button" onClick={onReload}>
          Read again
        </button>
        <span role="status">{said}</span>
      </p>
      <pre ref={text} tabIndex={0} aria-label="YAML of the ScaledTarget" dir="ltr">
        {!shown ? 'Reading…' : 'text' in shown ? shown.text : shown.failure}
      </pre>
    </>
  );
}
