import { AwsError } from "../api";
import type { ImageFacts, InstanceTypeFacts } from "./catalogue";
import { invalidValue } from "./errors";

/** Bytes of user data before base64 encoding. */
const USER_DATA_LIMIT = 16_384;

/** The decoded user data of a request. @throws InvalidUserData.Malformed */
export function userDataOf(encoded: string | undefined): string {
  if (encoded === undefined) return "";
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(encoded))
    throw new AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  const decoded = Buffer.from(encoded, "base64");
  if (decoded.length > USER_DATA_LIMIT) throw new AwsError("InvalidUserData.Malformed", `User data is limited to ${USER_DATA_LIMIT} bytes`);
  return decoded.toString("utf8");
}

export function architectureRefusal(type: InstanceTypeFacts, image: ImageFacts | undefined): AwsError | undefined {
  if (image === undefined || image.architecture === type.architecture) return undefined;
  return invalidValue(
    `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' ` +
      "of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
  );
}

/** The code and the text are worded here. */
export function nestedVirtualizationRefusal({ name, nestedVirtualization }: InstanceTypeFacts, wanted: boolean): AwsError | undefined {
  if (!wanted || nestedVirtualization) return undefined;
  return new AwsError("UnsupportedOperation", `Nested virtualization is not supported for the instance type '${name}'.`);
}
