import { ec2Over } from "../../rehearsal/provider/ec2-api";
import type { ProviderOptions } from "../../rehearsal/provider/backend";
import { VirtualClock } from "../../rehearsal/virtual-clock";
import { type AwsHarness, startHarness } from "../rehearsal/aws/harness";

/** EC2 for a deployment with instances of its own, on virtual time: a launch or a stop takes none of the test's. */
export class OwnInstances {
  private constructor(
    private readonly clock: VirtualClock,
    private readonly harness: AwsHarness,
  ) {}

  static async open(region = "us-east-1"): Promise<OwnInstances> {
    const clock = new VirtualClock();
    return new OwnInstances(clock, await startHarness({ clock, region }));
  }

  get store(): AwsHarness["store"] {
    return this.harness.store;
  }

  get options(): Pick<ProviderOptions, "ec2" | "sleep" | "now"> {
    return { ec2: ec2Over(this.harness.gateway), sleep: (ms) => this.clock.sleep(ms), now: () => this.clock.now() };
  }

  async close(): Promise<void> {
    await this.harness.end();
    this.clock.close();
  }
}
