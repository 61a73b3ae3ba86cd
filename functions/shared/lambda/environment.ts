/** Environment variables of a function: `process.env`, or what a test puts in its place. */
export type Environment = Record<string, string | undefined>;

/** @throws when the variable is absent or empty. */
export function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`environment variable ${name} is not set; deploy the function with it`);
  return value;
}

/** @throws when the variable is absent, or not a positive whole number. */
export function positiveInteger(environment: Environment, name: string): number {
  const value = required(environment, name);
  if (!/^[1-9]\d*$/.test(value)) throw new Error(`environment variable ${name} is "${value}": must be a positive whole number`);
  return Number(value);
}
