/** The executable `pulumi-resource-awsx`: the one component of `@pulumi/awsx` that the program uses, built from `aws` resources. */
import * as provider from "@pulumi/pulumi/provider";

const implementation: provider.Provider = {
  version: process.env.CI_RUNNERS_REHEARSAL_AWSX_VERSION ?? "3.0.0",
  async construct(name, type, inputs, options) {
    if (type !== "awsx:ec2:Vpc") throw new Error(`${type}: the rehearsal's awsx provider supports only awsx:ec2:Vpc`);
    // A refresh and a destroy construct nothing, and the AWS SDK takes longer to load than everything else here.
    const { constructVpc }: typeof import("./awsx-vpc") = require("./awsx-vpc");
    return constructVpc(name, inputs, options);
  },
};

void provider.main(implementation, process.argv.slice(2));
