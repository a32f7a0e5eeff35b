// The system's Chromium, as tests and screenshots use it: without a window, without a word to anybody else, with a new profile.
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

export const HOW_TO_GET_CHROMIUM =
  'apt-get install chromium, or say where a Chromium is by SETPOINT_CHROMIUM=/path/to/chromium';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--headless=new',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // In containers /dev/shm is small.
  '--disable-dev-shm-usage',
  '--force-color-profile=srgb',
];

/** Path of a Chromium; undefined where there is none. */
export function findChromium(environment: NodeJS.ProcessEnv): string | undefined {
  const own = environment['SETPOINT_CHROMIUM'];
  return own === undefined ? PLACES.find((place) => existsSync(place)) : own;
}

/** @throws Error that says how to get a Chromium where there is none. */
export async function launchBrowser(environment: NodeJS.ProcessEnv): Promise<Browser> {
  const executablePath = findChromium(environment);
  if (executablePath === undefined) throw new Error(`no Chromium here: ${HOW_TO_GET_CHROMIUM}`);
  // Its sandbox refuses to work for root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...FLAGS, ...sandbox] });
}
