import { FOREIGN } from "../units/hooks";

/** The run of a job that the hook has refused; undefined: it has refused none. @param noted what the hooks have noted last */
export function foreignJob(noted: string | undefined): string | undefined {
  return noted?.startsWith(FOREIGN) ? noted.slice(FOREIGN.length) : undefined;
}
