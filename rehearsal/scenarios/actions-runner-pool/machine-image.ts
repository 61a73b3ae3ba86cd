import { instanceTypes } from "../../aws/ec2/catalogue";
import type { AccountFacts } from "../../provider/invokes";
import type { PoolConfiguration } from "./pool-configuration";

/** The account's image as the organization's own builder would have published it; empty if the stack names none. */
export function accountWithImage({ imageParameter, instanceType }: PoolConfiguration): Partial<AccountFacts> {
  if (imageParameter === undefined) return {};
  const architecture = instanceTypes.get(instanceType)?.architecture ?? "x86_64";
  const image = "ami-0c1a2b3d4e5f60718";
  return {
    parameters: { [imageParameter]: image },
    images: { [image]: { architecture, rootDeviceName: "/dev/sda1" } },
  };
}
