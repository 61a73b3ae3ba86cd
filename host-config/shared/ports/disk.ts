/** One file system on which jobs depend. Zero in a total: the file system does not tell. */
export interface DiskSpace {
  /** A folder on it, for messages. */
  path: string;
  /** Bytes that the job's user may still write; root's reserve is not among them. */
  available: number;
  total: number;
  inodesAvailable: number;
  inodesTotal: number;
}

export interface Disk {
  /** Never rejects and never waits for long: a file system that does not answer is left out. */
  space(): Promise<DiskSpace[]>;
}
