import { isInstanceId } from "../shared/events";

/**
 * The instance whose registration token a secret holds; undefined for any other secret. The service's filter ignores
 * case and knows no boundary, so only a name that is exactly ours counts.
 */
export function tokenInstance(name: string, prefix: string): string | undefined {
  const rest = name.slice(prefix.length);
  return name.startsWith(prefix) && isInstanceId(rest) ? rest : undefined;
}
