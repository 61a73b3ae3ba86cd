import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** The default tags of the provider that the options select; it adds them to each resource. */
export function defaultTags(opts: pulumi.InvokeOptions): pulumi.Output<Record<string, string>> {
  // Without default tags the provider returns no map at all.
  return pulumi.output(aws.getDefaultTags({}, opts)).apply(({ tags }) => tags ?? {});
}
