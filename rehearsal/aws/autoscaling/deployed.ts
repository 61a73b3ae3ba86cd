import type { ResourceStore } from "../api";
import { findImage, type OwnImage } from "../ec2/catalogue";
import type { InstanceProfile } from "../ec2/instance";
import { findProfile, imageIdOf, type ProfileReference, zoneOfSubnet } from "../ec2/resolve";
import { keyFailure } from "../ec2/volume-keys";
import { type BlockDevice, attachedVolumes, volumeRefusal } from "../ec2/volume-refusal";
import type { OtherKeys } from "../kms/keys";
import type { IdentityProvider } from "../sts/web-identity";
import { nameOf, type AwsAccount } from "../account";
import type { LaunchTemplate } from "./config";
import { validation } from "./errors";

/** A group's reference to a launch template: id or name, and a version that may be `$Latest` or `$Default`. */
export interface TemplateReference {
  id?: string;
  name?: string;
  /** Default `$Default`, as at AWS. */
  version?: string;
}

/** Resolves what the API's parameters refer to outside Auto Scaling. */
export interface Resolver {
  /** @throws ValidationError if there is no such template or version. */
  template(reference: TemplateReference): LaunchTemplate;
  zoneOf(subnetId: string): string;
}

/** What the account has besides the resources that Pulumi deployed. */
export interface AccountParts {
  /** By id. Any other image is launched without regard to its size. */
  images?: Readonly<Record<string, OwnImage>>;
  /** Default: prepared. A program cannot see the policy of such a key. */
  keys?: OtherKeys;
  /** OIDC providers; an account has one for each issuer. Default: none. */
  identityProviders?: readonly IdentityProvider[];
}

type Inputs = Record<string, any>;

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

/** Resolves from the resources that Pulumi deployed. */
export class DeployedResolver implements Resolver {
  constructor(
    private readonly store: ResourceStore,
    private readonly account: AwsAccount,
    private readonly parts: AccountParts = {},
  ) {}

  template(reference: TemplateReference): LaunchTemplate {
    const { id, name } = reference;
    const found = id ? this.store.get(TEMPLATE, id) : this.store.list(TEMPLATE).find(({ state }) => state.name === name);
    if (!found) {
      throw validation(
        "You must use a valid fully-formed launch template. " +
          (id ? `The specified launch template, with template ID ${id}, does not exist.` : `The launch template ${name} does not exist.`),
      );
    }
    const { state } = found;
    const versions: Record<string, Inputs> = state._versions ?? { [state.latestVersion ?? 1]: state };
    const version = this.version(reference.version ?? "$Default", state);
    const inputs = versions[version];
    if (!inputs) {
      throw validation(
        `You must use a valid fully-formed launch template. Could not find the specified version ${version} ` +
          `for the launch template with ID ${found.id}.`,
      );
    }
    return this.resolve(found.id, state.name, version, inputs);
  }

  zoneOf(subnetId: string): string {
    return zoneOfSubnet(this.store, this.account, subnetId);
  }

  private version(requested: string, state: Inputs): string {
    if (requested === "$Latest") return String(state.latestVersion);
    if (requested === "$Default") return String(state.defaultVersion ?? state.latestVersion);
    return requested;
  }

  private resolve(id: string, name: string, version: string, inputs: Inputs): LaunchTemplate {
    const metadata = inputs.metadataOptions ?? {};
    const devices: BlockDevice[] = inputs.blockDeviceMappings ?? [];
    const image = imageIdOf(inputs.imageId);
    const found = findImage(image ?? "", this.parts.images);
    const tags = (inputs.tagSpecifications ?? []).find((each: Inputs) => each.resourceType === "instance")?.tags;
    return {
      id,
      name,
      version,
      userData: Buffer.from(inputs.userData ?? "", "base64").toString("utf8"),
      instanceType: inputs.instanceType ?? "m1.small", // EC2's own default
      imageId: image,
      profile: this.profile(inputs.iamInstanceProfile),
      instanceTags: tags ?? {},
      metadata: {
        httpTokens: metadata.httpTokens,
        httpPutResponseHopLimit: metadata.httpPutResponseHopLimit,
        instanceMetadataTags: metadata.instanceMetadataTags,
        httpEndpoint: metadata.httpEndpoint,
      },
      hibernation: inputs.hibernationOptions?.configured ?? false,
      volumes: attachedVolumes(found, devices),
      refusal: volumeRefusal(found, devices),
      launchFailure: keyFailure(this.store, this.account, devices, this.parts.keys ?? "prepared"),
    };
  }

  private profile(given: ProfileReference | undefined): InstanceProfile | undefined {
    if (!given?.arn && !given?.name) return undefined;
    const profile = findProfile(this.store, given);
    if (!profile) throw validation(`Invalid IamInstanceProfile: ${given.name ?? nameOf(given.arn!)}`);
    const role = profile.state.role;
    return role ? { arn: profile.state.arn, roleName: nameOf(String(role)) } : undefined;
  }
}
