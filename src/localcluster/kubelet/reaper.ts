// No process of the cluster outlives it, however it ends: a tiny shell waits on a pipe from this process, is told each
// process group, and kills them all when the pipe closes (exit, crash, SIGKILL). Then it takes the cluster's files away. An orderly
// stop is the kubelet's.
import { type ChildProcess, spawn } from 'node:child_process';

/** Every process of a cluster carries this variable, so that those which left their group are found too (on Linux). */
export const CLUSTER_ID_VARIABLE = 'SETPOINT_LOCALCLUSTER_ID';

/**
 * Reads `+ GROUP` and `- GROUP` lines; at the end of the input kills what is left, then whatever still carries the id
 * (a process that was started but not yet told, or that made itself a session). Deaf to Ctrl-C: it must outlive its parent.
 */
const SCRIPT = `
trap '' INT TERM HUP QUIT
groups=' '
while read -r op group; do
  case "$op" in
    +) groups="$groups$group " ;;
    -) case "$groups" in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
forget() { [ -z "$1" ] || rm -rf -- "$1"; exit 0; }
[ -d /proc/self ] || forget "$2"
for round in 1 2 3 4 5; do
  found=$(grep -lz "^${CLUSTER_ID_VARIABLE}=$1\\$" /proc/[0-9]*/environ 2>/dev/null)
  [ -z "$found" ] && forget "$2"
  for file in $found; do
    pid=\${file#/proc/}
    kill -s KILL "\${pid%/environ}" 2>/dev/null
  done
done
forget "$2"
`;

/** A shell that is killed is replaced, but not for ever: where none can live, trying on would only burn CPU. */
const MOST_RESTARTS = 10;

export class Reaper {
  readonly #clusterId: string;
  readonly #folder: string;
  readonly #groups = new Set<number>();
  #shell: ChildProcess | undefined;
  #restarts = 0;
  #closed = false;

  /** `clusterId` must be in the environment of every process, as CLUSTER_ID_VARIABLE. A `folder` of the cluster's own goes with it. */
  constructor(clusterId: string, folder = '') {
    this.#clusterId = clusterId;
    this.#folder = folder;
    this.#start();
  }

  /** The shell's pid. */
  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  add(group: number): void {
    this.#groups.add(group);
    this.#tell(`+ ${group}\n`);
  }

  delete(group: number): void {
    if (this.#groups.delete(group)) this.#tell(`- ${group}\n`);
  }

  /** Kills what is still registered and ends the shell; resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const shell = this.#shell;
    if (!shell || shell.exitCode !== null || shell.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      shell.once('exit', () => resolve());
      shell.ref();
      shell.stdin?.end();
    });
  }

  #start(): void {
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'setpoint-reaper', this.#clusterId, this.#folder], {
      // A session of its own: a Ctrl-C in the terminal must not reach it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    });
    this.#shell = shell;
    // Neither the shell nor its pipe keeps this process alive.
    shell.unref();
    const pipe = shell.stdin;
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
    // A broken pipe is the shell's end, which is handled below.
    pipe?.on('error', () => undefined);
    shell.once('error', () => this.#restart(shell));
    shell.once('exit', () => this.#restart(shell));
    for (const group of this.#groups) this.#tell(`+ ${group}\n`);
  }

  /** Somebody killed it: a new one takes over what is registered. */
  #restart(ended: ChildProcess): void {
    if (this.#closed || this.#shell !== ended || this.#restarts >= MOST_RESTARTS) return;
    this.#restarts += 1;
    this.#start();
  }

  #tell(line: string): void {
    this.#shell?.stdin?.write(line);
  }
}
