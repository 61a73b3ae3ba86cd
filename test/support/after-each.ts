/**
 * What modules that tests share do after each test. A module's own `afterEach` runs for the first test file of a process only, if
 * mocha runs files in parallel; .mocharc.json loads this one as a plugin of every process.
 */
const pending: (() => void)[] = [];

export function afterEachTest(end: () => void): void {
  pending.push(end);
}

export const mochaHooks = {
  afterEach(): void {
    for (const end of pending) end();
  },
};
