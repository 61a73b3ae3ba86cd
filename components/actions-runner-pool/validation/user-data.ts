import { LONGEST_REGION } from "../../../contract/aws/partitions";
import { renderUserData } from "../../../host-config/actions-runner-pool/user-data";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { certificatesOf } from "../../shared/certificates";
import { type Violation, violation } from "../../shared/input-errors";
import { bundleKey } from "../../../contract/shared/host-bundle";
import { hostConfig } from "../host-config";
import type { PoolSettings } from "../settings";

/** Placeholders of the maximum length, for values that are not known yet. */
const LONGEST_BUCKET = "x".repeat(63);
const DIGEST = "0".repeat(64);

/** Checks the size with the longest possible values, so that it cannot exceed the limit later. */
export function userDataViolations(settings: PoolSettings): Violation[] {
  const config = hostConfig(settings, LONGEST_REGION, "arm64");
  const location = { bucket: LONGEST_BUCKET, key: bundleKey(DIGEST), sha256: DIGEST };
  const userData = renderUserData(config, location, certificatesOf(settings.github.caCertificates ?? ""));
  return oversize(userData, settings);
}

/** The error names the longest part of the user data that has no limit of its own: the labels or the certificates. */
export function oversize(userData: string, { labels, github }: PoolSettings): Violation[] {
  const bytes = Buffer.byteLength(userData);
  if (bytes <= USER_DATA_LIMIT_BYTES) return [];
  const certificates = certificatesOf(github.caCertificates ?? "").length;
  if (certificates > labels.join().length) {
    return [
      violation(
        "github.caCertificates",
        `${certificates} characters`,
        `the user data has ${bytes} bytes with them; EC2 allows ${USER_DATA_LIMIT_BYTES}`,
        "Leave out intermediate certificates, which the server sends itself, or put them onto the image",
      ),
    ];
  }
  return [
    violation(
      "labels",
      `${labels.length} labels, ${labels.join().length} characters`,
      `the user data has ${bytes} bytes with them; EC2 allows ${USER_DATA_LIMIT_BYTES}`,
      `Shorten the labels by ${bytes - USER_DATA_LIMIT_BYTES} characters or move settings onto the image`,
    ),
  ];
}
