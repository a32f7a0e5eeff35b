// Says in one line what is wrong when the Node that runs the scripts is too old. Plain JavaScript: an old Node must be able to run it.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 9)) {
  process.stderr.write(
    `setpoint: Node ${process.versions.node} is too old, 24.9 or newer is needed. ` +
      'On Linux (x64, arm64) `npm ci` brings it; it was left out (npm ci --omit=optional?). Elsewhere install Node 24.9 or newer from nodejs.org.\n',
  );
  process.exit(1);
}
