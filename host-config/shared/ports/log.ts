export type LogFields = Record<string, unknown>;

/** One structured line per event. If another program searches for `message`, it is a constant of the component's contract. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
