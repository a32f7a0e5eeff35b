// Logs as JSON lines through pino: constant messages, fields beside them, errors with their causes. Where they go is the caller's choice.
import { type DestinationStream, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import type { LogFields, Logger } from './logger.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** @param destination such as process.stdout; written to synchronously by line. */
export function createJsonLogger(level: LogLevel, destination: DestinationStream): Logger {
  const root = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return adapt(root);
}

function adapt(target: Pino): Logger {
  return {
    debug: (message, fields) => target.debug(plain(fields), message),
    info: (message, fields) => target.info(plain(fields), message),
    warn: (message, fields) => target.warn(plain(fields), message),
    error: (message, fields) => target.error(plain(fields), message),
    with: (fields) => adapt(target.child(plain(fields))),
  };
}

/** Errors become their message and code, with those of their causes; long texts are cut. */
function plain(fields: LogFields = {}): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) result[key] = plainValue(value);
  return result;
}

const LONGEST = 1024;

function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const code = 'code' in value ? { code: value.code } : {};
  return {
    message: plainValue(value.message),
    ...code,
    ...(value.cause !== undefined && { cause: plainValue(value.cause) }),
  };
}
