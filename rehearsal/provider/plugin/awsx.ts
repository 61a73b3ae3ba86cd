/** The executable `pulumi-resource-awsx`: the one component of `@pulumi/awsx` that the program uses, built from `aws` resources. */
import * as provider from "@pulumi/pulumi/provider";
import { constructVpc } from "./awsx-vpc";

const implementation: provider.Provider = {
  version: process.env.CI_RUNNERS_REHEARSAL_AWSX_VERSION ?? "3.0.0",
  async construct(name, type, inputs, options) {
    if (type !== "awsx:ec2:Vpc") throw new Error(`${type}: the rehearsal's awsx provider supports only awsx:ec2:Vpc`);
    return constructVpc(name, inputs, options);
  },
};

void provider.main(implementation, process.argv.slice(2));
