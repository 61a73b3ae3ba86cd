import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export function vpcOf(subnetId: pulumi.Input<string>, { parent }: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return lookedUp(subnetId, parent).vpcId;
}

export function zoneOf(subnetId: pulumi.Input<string>, { parent }: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return lookedUp(subnetId, parent).availabilityZone;
}

function lookedUp(subnetId: pulumi.Input<string>, parent: pulumi.Resource | undefined) {
  return pulumi.output(subnetId).apply((id) => aws.ec2.getSubnet({ id }, { parent }));
}
