/** What the logic needs for logging: one message and plain fields. Never an error object: those carry requests. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export type Fields = Record<string, string | number | boolean | undefined>;

type Count = (metric: string, value?: number) => void;

/** What every piece of logic is handed to tell what it does. */
export interface Observer {
  log: Log;
  count: Count;
}

/**
 * An error as one line. Errors of HTTP clients hold the request with its headers, so they are never logged whole.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message === "" ? "no message" : error.message;
  return error.name === "Error" ? message : `${error.name}: ${message}`;
}
