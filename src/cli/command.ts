// What a command is: its words, its flags, and a function from parsed flags to an exit code. Nothing here touches the process.

/** The outside of a command, so that tests run it in memory. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Flag {
  /** As commander takes it: `--situations <file>`, `--explain`. */
  readonly flags: string;
  /** Meaning, unit and default. */
  readonly meaning: string;
  readonly required?: boolean;
  /** May be given several times; the value is then a list. */
  readonly repeatable?: boolean;
}

export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** What is given without a flag, if anything: such as `[name]`. */
  readonly argument?: { readonly syntax: string; readonly meaning: string };
  readonly examples: readonly string[];
  /** What the exit codes beside 0 mean. */
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
  run(io: Io, flags: FlagValues, argument?: string): Promise<number>;
}

/** Wrong use of the command line. */
export const USAGE_ERROR = 2;
