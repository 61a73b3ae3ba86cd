/** Bounds on which several programs of the delivery agree, in ms. */

/** For which a termination, a return to the warm pool and the shipper's own end wait for what is not delivered, and no longer. */
export const LAST_FLUSH_MS = 10_000;

/** After which a flush is given up by others, if the program that asked for it does not: its end of the connection is what ends it. */
export const FLUSH_GIVEN_UP_MS = LAST_FLUSH_MS + 5_000;
