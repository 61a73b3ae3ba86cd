import { arn } from "../resource-type";
import { type ApiCall, calls, type CallsOf, type CallsOfType, type Change, requestTags, resourceTags, tagsWhere } from "./api-call";

/** ARN of a resource whose id EC2 chooses: `*` until it exists. */
export const ec2Arn = ({ account }: Change, kind: string, id: unknown) => arn(account, "ec2", `${kind}/${id || "*"}`);

/** Tags on creation are a permission of their own, whose condition key names the call that creates. */
function created(action: string, kind: string, change: Change): ApiCall[] {
  if (change.kind !== "create" || Object.keys(change.tags).length === 0) return [];
  const context = { ...requestTags(change.tags), "ec2:CreateAction": action.replace("ec2:", "") };
  return [{ action: "ec2:CreateTags", resource: ec2Arn(change, kind, ""), context }];
}

/** Tags of an existing resource. */
function retagged(kind: string, change: Change): ApiCall[] {
  if (change.kind !== "update") return [];
  const { tags, tagsBefore } = change;
  const resource = ec2Arn(change, kind, change.id);
  const put = Object.fromEntries(Object.entries(tags).filter(([key, value]) => tagsBefore[key] !== value));
  const gone = Object.keys(tagsBefore).some((key) => !(key in tags));
  return [
    ...(gone ? [{ action: "ec2:DeleteTags", resource, context: resourceTags(tagsBefore) }] : []),
    ...(Object.keys(put).length > 0
      ? [{ action: "ec2:CreateTags", resource, context: { ...resourceTags(tagsBefore), ...requestTags(put) } }]
      : []),
  ];
}

/** A resource with tags; `follow` are calls on it right after its creation. */
export function tagged(kind: string, type: Omit<CallsOfType, "arn" | "tagging"> & { follow?(change: Change): readonly string[] }): CallsOf {
  return calls({
    arn: (change) => ec2Arn(change, kind, change.id),
    ...type,
    besides: (change) => [
      ...created(type.create[0]!, kind, change),
      ...(change.kind === "create"
        ? (type.follow?.(change) ?? []).map((action) => ({
            action,
            resource: ec2Arn(change, kind, ""),
            context: resourceTags(change.tags),
          }))
        : []),
      ...retagged(kind, change),
      ...(type.besides?.(change) ?? []),
    ],
  });
}

/** A call on a deployed resource of another type. */
function on(action: string, kind: string, type: string, id: unknown, change: Change): ApiCall {
  const tags = tagsWhere(change.store, type, (state, own) => own === id || state["allocationId"] === id);
  return { action, resource: ec2Arn(change, kind, id), context: resourceTags(tags) };
}

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const ROUTE_TABLE = "aws:ec2/routeTable:RouteTable";

const rules = (change: Change, action: string): string[] =>
  ["Ingress", "Egress"].flatMap((kind) =>
    (change.state[kind.toLowerCase()] ?? []).length > 0 ? [`ec2:${action}SecurityGroup${kind}`] : [],
  );

const groupRule = (kind: "Ingress" | "Egress"): CallsOf =>
  calls({
    arn: (change) => ec2Arn(change, "security-group", change.state.securityGroupId),
    create: [`ec2:AuthorizeSecurityGroup${kind}`],
    update: { "*": ["ec2:ModifySecurityGroupRules"] },
    remove: [`ec2:RevokeSecurityGroup${kind}`],
    tagsOf: ({ store, state }) => tagsWhere(store, "aws:ec2/securityGroup:SecurityGroup", (_, id) => id === state.securityGroupId),
  });

export const EC2_CALLS: Record<string, CallsOf> = {
  "aws:ec2/launchTemplate:LaunchTemplate": tagged("launch-template", {
    create: ["ec2:CreateLaunchTemplate"],
    update: {
      updateDefaultVersion: [],
      "*": ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
    },
    remove: ["ec2:DeleteLaunchTemplate"],
  }),
  "aws:ec2/securityGroup:SecurityGroup": tagged("security-group", {
    create: ["ec2:CreateSecurityGroup"],
    // EC2 gives each new group a rule that lets everything out; the provider revokes it and adds the program's own.
    follow: (change) => ["ec2:RevokeSecurityGroupEgress", ...rules(change, "Authorize")],
    update: {
      egress: ["ec2:RevokeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupEgress"],
      ingress: ["ec2:RevokeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupIngress"],
    },
    remove: ["ec2:DeleteSecurityGroup"],
    besides: (change) => (change.kind === "create" ? [on("ec2:CreateSecurityGroup", "vpc", VPC, change.state.vpcId, change)] : []),
  }),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": groupRule("Egress"),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": groupRule("Ingress"),
};

export const VPC_CALLS: Record<string, CallsOf> = {
  [VPC]: tagged("vpc", {
    create: ["ec2:CreateVpc"],
    follow: ({ state }) => (state.enableDnsHostnames || state.enableDnsSupport === false ? ["ec2:ModifyVpcAttribute"] : []),
    update: { "*": ["ec2:ModifyVpcAttribute"] },
    remove: ["ec2:DeleteVpc"],
  }),
  [SUBNET]: tagged("subnet", {
    create: ["ec2:CreateSubnet"],
    follow: ({ state }) => (state.mapPublicIpOnLaunch ? ["ec2:ModifySubnetAttribute"] : []),
    update: { "*": ["ec2:ModifySubnetAttribute"] },
    remove: ["ec2:DeleteSubnet"],
    besides: (change) => (change.kind === "create" ? [on("ec2:CreateSubnet", "vpc", VPC, change.state.vpcId, change)] : []),
  }),
  "aws:ec2/internetGateway:InternetGateway": tagged("internet-gateway", {
    create: ["ec2:CreateInternetGateway"],
    follow: ({ state }) => (state.vpcId ? ["ec2:AttachInternetGateway"] : []),
    update: { vpcId: ["ec2:DetachInternetGateway", "ec2:AttachInternetGateway"] },
    remove: ["ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"],
    besides: (change) => {
      if (!change.state.vpcId || change.kind === "update") return [];
      const action = change.kind === "create" ? "ec2:AttachInternetGateway" : "ec2:DetachInternetGateway";
      return [on(action, "vpc", VPC, change.state.vpcId, change)];
    },
  }),
  "aws:ec2/eip:Eip": tagged("elastic-ip", { create: ["ec2:AllocateAddress"], remove: ["ec2:ReleaseAddress"] }),
  "aws:ec2/natGateway:NatGateway": tagged("natgateway", {
    create: ["ec2:CreateNatGateway"],
    remove: ["ec2:DeleteNatGateway"],
    besides: (change) =>
      change.kind === "create"
        ? [
            on("ec2:CreateNatGateway", "subnet", SUBNET, change.state.subnetId, change),
            ...(change.state.allocationId
              ? [on("ec2:CreateNatGateway", "elastic-ip", "aws:ec2/eip:Eip", change.state.allocationId, change)]
              : []),
          ]
        : [],
  }),
  [ROUTE_TABLE]: tagged("route-table", {
    create: ["ec2:CreateRouteTable"],
    update: { routes: ["ec2:CreateRoute", "ec2:DeleteRoute", "ec2:ReplaceRoute"] },
    remove: ["ec2:DeleteRouteTable"],
    besides: (change) => (change.kind === "create" ? [on("ec2:CreateRouteTable", "vpc", VPC, change.state.vpcId, change)] : []),
  }),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": (change) => {
    const action = `ec2:${change.kind === "delete" ? "Disassociate" : change.kind === "update" ? "Replace" : "Associate"}RouteTable`;
    const name = change.kind === "update" ? "ec2:ReplaceRouteTableAssociation" : action;
    const { routeTableId, subnetId } = change.state;
    return [
      on(name, "route-table", ROUTE_TABLE, routeTableId, change),
      ...(subnetId ? [on(name, "subnet", SUBNET, subnetId, change)] : []),
    ];
  },
  "aws:ec2/route:Route": calls({
    arn: (change) => ec2Arn(change, "route-table", change.state.routeTableId),
    create: ["ec2:CreateRoute"],
    update: { "*": ["ec2:ReplaceRoute"] },
    remove: ["ec2:DeleteRoute"],
    tagsOf: ({ store, state }) => tagsWhere(store, ROUTE_TABLE, (_, id) => id === state.routeTableId),
  }),
};
