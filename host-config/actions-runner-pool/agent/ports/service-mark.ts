/** Whether a listener was ever started on this instance, so that a job may have run here. Survives processes and a reboot. */
export interface ServiceMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
}
