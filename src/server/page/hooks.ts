// What components share: following the address, a store, the seconds, and the size of the window.
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { every, nowMs } from './browser.ts';
import { formatRoute, parseRoute, type Route } from './route.ts';

/** The view of a store, anew whenever it tells of a change. */
export function useStore<View>(store: { readonly view: View; subscribe(listener: () => void): () => void }): View {
  const [view, setView] = useState(store.view);
  useEffect(() => {
    setView(store.view);
    return store.subscribe(() => setView(store.view));
  }, [store]);
  return view;
}

/** The route of the address bar. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** Goes to a view, as a link does. */
export function go(route: Route): void {
  location.hash = formatRoute(route);
}

/** Changes the address of the view one is on, without a step in the history. */
export function amend(route: Route): void {
  history.replaceState(null, '', formatRoute(route));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** The time, looked at once a second. */
export function useNow(): number {
  const [now, setNow] = useState(nowMs);
  useEffect(() => every(1_000, () => setNow(nowMs())), []);
  return now;
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [isMatch, setMatch] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = (): void => setMatch(list.matches);
    list.addEventListener('change', follow);
    return () => list.removeEventListener('change', follow);
  }, [query]);
  return isMatch;
}

/**
 * Keys pressed anywhere on the page, unless somebody types or a shortcut of the browser is meant. Listens with what was rendered
 * last, and not only once that is painted: the next key may come before.
 */
export function useKeys(onKey: (event: KeyboardEvent) => void): void {
  useLayoutEffect(() => {
    const follow = (event: KeyboardEvent): void => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented) onKey(event);
    };
    addEventListener('keydown', follow);
    return () => removeEventListener('keydown', follow);
  });
}

/** Whether the keys go into a field. */
export const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select');
/** Whether Enter and the space bar already mean something where the focus is. */
export const isOnControl = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches('a, button, input, textarea, select, summary');
