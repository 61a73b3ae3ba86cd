import type { LogEvent } from "./event";

/** What a source has had since the position that was last accepted. */
export interface Chunk {
  events: LogEvent[];
  /** There is more than was asked for. */
  more: boolean;
  /** All of it is delivered: the next read begins after it. */
  accepted(): void;
}

export interface LogSource {
  name: string;
  /** @param bytes of events, which the last one may exceed */
  read(bytes: number): Promise<Chunk>;
  /** Makes what was logged up to now readable. Bounded. Resolves with whether it is; never rejects. */
  sync?(): Promise<boolean>;
}
