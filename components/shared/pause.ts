/** How a component waits between two lookups. Replaceable, because a rehearsal runs the program on a virtual clock. */
export const waiting = {
  pause: (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
