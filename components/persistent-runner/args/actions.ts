/** Where workflows get the actions that start and stop the machine. */
export interface ActionsArgs {
  /** Repository with this library, as `owner/name`: the one that you copied or forked, to which your workflows have access. */
  repository: string;

  /** Commit of that repository. Limits: 40 hex digits; a branch or a tag can be moved to other code, which would get the role. */
  ref: string;
}
