// Runs before anything is painted, so that a chosen theme does not flash up in the other one.
import { storedTheme } from './browser.ts';

document.documentElement.dataset['theme'] = storedTheme();
