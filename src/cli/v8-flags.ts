// What the controller asks of the JavaScript engine, while it runs: little memory. Set by the process for itself, so that it
// holds in the image, from npm and on a developer's machine alike.
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps WebAssembly at its first, plain compilation. The only module is the HTTP parser, whose work is nothing beside the JSON
 * behind it; compiling it a second time, optimized, takes 20 MB that are never given back. To be called before the first
 * request; each flag alone has no effect.
 */
export function keepMemorySmall(): void {
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}
