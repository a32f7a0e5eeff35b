// The page's only door to the browser's clock, timers and storage.

/** Milliseconds since the epoch, by this computer's clock. */
export const nowMs = (): number => Date.now();

/** Calls once, later; the answer takes it back. */
export function later(delayMs: number, call: () => void): () => void {
  const timer = setTimeout(call, delayMs);
  return () => clearTimeout(timer);
}

/** Calls again and again; the answer ends it. */
export function every(periodMs: number, call: () => void): () => void {
  const timer = setInterval(call, periodMs);
  return () => clearInterval(timer);
}

const THEME_KEY = 'setpoint-theme';
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The theme that was chosen here; `system` where none was, or where the browser keeps nothing. */
export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(THEME_KEY);
    return THEMES.find((theme) => theme === stored) ?? 'system';
  } catch {
    // A browser that is told to keep nothing refuses with an exception.
    return 'system';
  }
}

/** Shows a theme, and keeps it for the next visit where the browser keeps anything. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch (error) {
    // It holds until the page is closed.
    if (!(error instanceof DOMException)) throw error;
  }
}
