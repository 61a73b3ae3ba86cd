import { isInstanceId } from "../shared/events";

/**
 * The instance whose registration token a secret contains; undefined for any other secret. The service's filter ignores
 * case and matches any continuation of the prefix, so the whole name is checked.
 */
export function tokenInstance(name: string, prefix: string): string | undefined {
  const rest = name.slice(prefix.length);
  return name.startsWith(prefix) && isInstanceId(rest) ? rest : undefined;
}
