import { DeleteObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { BUNDLE_PREFIX, isBundleKey, isConfigurationKey, isSetupKey } from "../../../contract/shared/host-bundle";
import type { S3 } from "./clients";

export interface StoredBundle {
  key: string;
  /** Last upload: a deployment that goes back to an earlier bundle uploads it again. */
  uploadedAt: Date;
}

/** The host bundles, setup scripts and configurations in a bucket. Anything else that someone put there is omitted. */
export async function storedBundles(client: S3, bucket: string): Promise<StoredBundle[]> {
  const found: StoredBundle[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: BUNDLE_PREFIX, ContinuationToken }));
    for (const { Key: key, LastModified: uploadedAt } of page.Contents ?? []) {
      if (key === undefined || uploadedAt === undefined) continue;
      if (isBundleKey(key) || isSetupKey(key) || isConfigurationKey(key)) found.push({ key, uploadedAt });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found;
}

/** S3 also confirms the deletion of an object that does not exist. */
export async function deleteBundle(client: S3, bucket: string, key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}
