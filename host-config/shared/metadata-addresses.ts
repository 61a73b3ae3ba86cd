/** The instance metadata service, where the instance's credentials are: IPv4 and IPv6. */
export const METADATA_ADDRESSES = ["169.254.169.254", "fd00:ec2::254"] as const;
