/** The settings in which a component's functions differ. */
export interface FunctionSettings {
  functionName: string;
  description: string;
  /** MB. The share of a processor grows with it. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  /** Lambda's own retries of an asynchronous invocation. */
  retries: number;
  /** Seconds for which Lambda retries an asynchronous invocation. */
  maximumEventAge: number;
}

/** Seconds; the shortest that Lambda accepts, for functions that no event invokes. */
export const SHORTEST_EVENT_AGE = 60;
