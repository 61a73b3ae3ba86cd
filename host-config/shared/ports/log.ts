export type LogFields = Record<string, unknown>;

/** One structured line an event. `message` is a constant of the component's contract where another program searches for it. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
