/** The subject of a job without an environment, on a branch or a tag. */
const OF_REF = /^repo:[^/:]+\/[^/:]+:ref:(.+)$/;
/** Of a pull request, or of an environment, in which a job without one never runs. */
const OF_OTHER = /^repo:[^/:]+\/[^/:]+:(pull_request$|environment:)/;

/**
 * The refs whose pushes and dispatches have one of the subjects, for jobs without an environment. Undefined if the subjects do not say: of
 * an organization's own form, or a ref that an expression could not hold.
 */
export function subjectRefs(subjects: readonly string[]): string[] | undefined {
  const refs = new Set<string>();
  for (const subject of subjects) {
    const ref = OF_REF.exec(subject)?.[1];
    if (ref === undefined && !OF_OTHER.test(subject)) return undefined;
    if (ref !== undefined && /[{}']/.test(ref)) return undefined;
    if (ref !== undefined) refs.add(ref);
  }
  return [...refs];
}
