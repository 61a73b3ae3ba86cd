/** IPv4 and IPv6 addresses of the instance metadata service, which serves the instance's credentials. */
export const METADATA_ADDRESSES = ["169.254.169.254", "fd00:ec2::254"] as const;
