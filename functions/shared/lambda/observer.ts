/** Takes a message and plain fields. Never pass an error object: HTTP clients' errors contain the request. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export type Fields = Record<string, string | number | boolean | undefined>;

/** Several values of one metric in one invocation are published as a distribution, of which percentiles can be asked. */
type Count = (metric: string, value?: number, unit?: "Count" | "Seconds") => void;

/** Log and metrics, passed to every piece of logic. */
export interface Observer {
  log: Log;
  count: Count;
}

/** An error as one line. Errors of HTTP clients contain the request with its headers, so they are never logged whole. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message === "" ? "no message" : error.message;
  return error.name === "Error" ? message : `${error.name}: ${message}`;
}
