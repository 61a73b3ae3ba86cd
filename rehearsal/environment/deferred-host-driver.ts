import type { HostDriver } from "../aws/host-driver";

/** Breaks the construction cycle between the AWS stand-in and the hosts: each wants the other when it is made. */
export class DeferredHostDriver implements HostDriver {
  driver: HostDriver | undefined;

  private get to(): HostDriver {
    if (!this.driver) throw new Error("no hosts yet");
    return this.driver;
  }

  launch: HostDriver["launch"] = (spec) => this.to.launch(spec);
  stop: HostDriver["stop"] = (id) => this.to.stop(id);
  start: HostDriver["start"] = (id) => this.to.start(id);
  hibernate: HostDriver["hibernate"] = (id) => this.to.hibernate(id);
  resume: HostDriver["resume"] = (id) => this.to.resume(id);
  terminate: HostDriver["terminate"] = (id) => this.to.terminate(id);
  runCommand: HostDriver["runCommand"] = (id, commands) => this.to.runCommand(id, commands);
  close = async (): Promise<void> => this.driver?.close();
}
