// Scrapes once for each line of its input and says how many bytes came: a process of its own, so that reading costs the server nothing.
import { createInterface } from 'node:readline';

for await (const url of createInterface({ input: process.stdin })) {
  const answer = await fetch(url);
  process.stdout.write(`${(await answer.arrayBuffer()).byteLength}\n`);
}
