/** A file that the installer writes, as text. */
export interface RenderedFile {
  path: string;
  mode: number;
  content: string;
}

/** What the text of a unit needs to know of its host and of the component whose hosts have it. */
export interface UnitFacts {
  /** The job's user. */
  user: string;
  uid: number;
  /** Primary group of the job's user. */
  group: string;
  /** Unit that runs the jobs. */
  runnerUnit: string;
  /** Command line of the agent, without its command. */
  agent: string;
  /** File with the certificate authorities that the system trusts. */
  authorities?: string;
  /** Jobs have no access to the instance's metadata. */
  metadataDenied: boolean;
}

export function unitFile(name: string, content: string): RenderedFile {
  return { path: `/etc/systemd/system/${name}`, mode: 0o644, content };
}
