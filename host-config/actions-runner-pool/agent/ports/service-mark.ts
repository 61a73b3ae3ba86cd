/** Whether a listener was started on this instance since it was last renewed, so that a job may have run here. Survives processes and a reboot. */
export interface ServiceMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Only when the machine has been renewed. Rejects if the mark cannot be removed. */
  clear(): Promise<void>;
}
