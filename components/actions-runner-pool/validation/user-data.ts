import { LONGEST_REGION } from "../../../contract/aws/partitions";
import { renderUserData } from "../../../host-config/actions-runner-pool/user-data";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { certificatesOf } from "../../shared/pem";
import { hostAuthorities } from "../../shared/host-authorities";
import { type Violation, violation } from "../../shared/input-errors";
import { bundleKey } from "../../../contract/shared/host-bundle";
import { hostConfig } from "../host-config";
import type { PoolSettings } from "../settings";

/** Placeholders of the maximum length, for values that are not known yet. */
const LONGEST_BUCKET = "x".repeat(63);
const DIGEST = "0".repeat(64);

/** The list of exceptions is in the configuration, and in the two variables of the script that read it. */
const NO_PROXY_COPIES = 3;

/** An argument that is part of the user data and may be of any length that EC2's limit leaves. */
export interface UserDataPart {
  field: string;
  /** What the error shows in place of the value. */
  shown: string;
  /** In all places together. */
  bytes: number;
  /** @param excess bytes beyond EC2's limit */
  remedy(excess: number): string;
}

/** Checks the size with the longest possible values, so that it cannot exceed the limit later. */
export function userDataViolations(settings: PoolSettings): Violation[] {
  const config = hostConfig(settings, LONGEST_REGION, "arm64");
  const location = { bucket: LONGEST_BUCKET, key: bundleKey(DIGEST), sha256: DIGEST };
  return oversize(renderUserData(config, location, hostAuthorities(settings)), partsOf(settings));
}

/** The error names the longest part. */
export function oversize(userData: string, parts: readonly UserDataPart[]): Violation[] {
  const bytes = Buffer.byteLength(userData);
  if (bytes <= USER_DATA_LIMIT_BYTES) return [];
  const { field, shown, remedy } = parts.reduce((longest, part) => (part.bytes > longest.bytes ? part : longest));
  const problem = `the user data has ${bytes} bytes with them; EC2 allows ${USER_DATA_LIMIT_BYTES}`;
  return [violation(field, shown, problem, remedy(bytes - USER_DATA_LIMIT_BYTES))];
}

export function partsOf(settings: PoolSettings): UserDataPart[] {
  const { labels, github, caBundle, jobEnvironment = {}, packages = [], noProxy = [], volumes = [] } = settings;
  const certificates = (field: string, pem: string | undefined): UserDataPart => {
    const { length } = certificatesOf(pem ?? "");
    const remedy = () => "Leave out intermediate certificates, which the server sends itself, or put them onto the image";
    return { field, shown: `${length} characters`, bytes: length, remedy };
  };
  const list = (field: string, texts: readonly string[], remedy: UserDataPart["remedy"], copies = 1): UserDataPart => {
    const bytes = copies * Buffer.byteLength(texts.join());
    const shown = `${texts.length} ${field}, ${texts.join().length} characters`;
    return { field, shown, bytes, remedy: (excess) => remedy(Math.ceil(excess / copies)) };
  };
  const ofImage = (what: string) => (excess: number) => `Shorten ${what} by ${excess} characters or move settings onto the image`;
  const variables = Object.entries(jobEnvironment).map(([name, value]) => `${name}=${value}`);
  const mounted = volumes.map(({ mountPoint }) => mountPoint);
  return [
    list("labels", labels, ofImage("the labels")),
    certificates("github.caCertificates", github.caCertificates),
    certificates("caBundle", caBundle),
    list("jobEnvironment", variables, (excess) => `Shorten the values by ${excess} characters, or write a file of them in setupScript`),
    list("packages", packages, (excess) => `Shorten the list by ${excess} characters, or install them in setupScript`),
    list("noProxy", noProxy, (excess) => `Shorten the list by ${excess} characters, for example with domains and ranges`, NO_PROXY_COPIES),
    list("volumes", mounted, (excess) => `Shorten the mount points by ${excess} characters`),
  ];
}
