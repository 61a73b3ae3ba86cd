/** What the user data of a machine's first day says, and its boot script says on all later ones. */
export interface FirstDayFacts {
  /** Name of the secret with the order. */
  orderSecret: string;
  /** Seconds. */
  firstBootTimeout: number;
  /** Seconds, at the end of which the machine goes off, whatever it does. */
  maxSession: number;
}

/** @throws for a user data of another kind */
export function factsOf(userData: string): FirstDayFacts {
  const found = (what: string, pattern: RegExp): string => {
    const value = pattern.exec(userData)?.[1];
    if (value === undefined) throw new Error(`the user data has no ${what}: it is not a persistent machine's`);
    return value;
  };
  return {
    orderSecret: found("secret with the order", /^secret='([^']+)'$/m),
    firstBootTimeout: Number(found("firstBootTimeout", /\blimit_first_boot (\d+)/)),
    maxSession: Number(found("maxSession", /^OnBootSec=(\d+)/m)),
  };
}
