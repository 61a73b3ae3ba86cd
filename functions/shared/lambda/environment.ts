/** Environment variables of a function: `process.env`, or a test's substitute. */
export type Environment = Record<string, string | undefined>;

/** @throws when the variable is absent or empty. */
export function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`environment variable ${name} is not set; set it on the function`);
  return value;
}

/** @throws when the variable is absent, or not a positive whole number. */
export function positiveInteger(environment: Environment, name: string): number {
  const value = required(environment, name);
  if (!/^[1-9]\d*$/.test(value)) throw new Error(`environment variable ${name} is "${value}": must be a positive whole number`);
  return Number(value);
}
