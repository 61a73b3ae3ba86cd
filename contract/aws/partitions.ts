/**
 * AWS's partitions: each has its own prefix of ARNs and its own DNS names. The component, the user data and the tests take
 * them from here; the SDK in functions and hosts derives the same from the Region (a test compares the two).
 */
export interface Partition {
  /** As in ARNs. */
  readonly id: string;
  readonly dnsSuffix: string;
  /** The names of its Regions. */
  readonly regions: RegExp;
  /**
   * The principals of services in trust and resource policies. They end in `amazonaws.com` in every partition, whatever
   * its DNS suffix: IAM refuses `ec2.amazonaws.eu`. Only EC2 in China has another one.
   */
  readonly ec2Principal: string;
}

const EC2 = "ec2.amazonaws.com";

const COMMERCIAL: Partition = {
  id: "aws",
  dnsSuffix: "amazonaws.com",
  regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
  ec2Principal: EC2,
};

/**
 * The partitions in which a component can be deployed. Not among them: the isolated ones (`aws-iso`, `aws-iso-b`,
 * `aws-iso-e`, `aws-iso-f`), from which neither GitHub nor the runner's packages can be reached.
 */
export const PARTITIONS: readonly Partition[] = [
  { id: "aws-cn", dnsSuffix: "amazonaws.com.cn", regions: /^cn-[a-z]+-\d+$/, ec2Principal: "ec2.amazonaws.com.cn" },
  { id: "aws-us-gov", dnsSuffix: "amazonaws.com", regions: /^us-gov-[a-z]+-\d+$/, ec2Principal: EC2 },
  { id: "aws-eusc", dnsSuffix: "amazonaws.eu", regions: /^eusc-de-[a-z]+-\d+$/, ec2Principal: EC2 },
  COMMERCIAL,
];

/** The partition of a Region; the commercial one for a name that fits none, as the SDK has it. */
export function partitionOf(region: string): Partition {
  return PARTITIONS.find(({ regions }) => regions.test(region)) ?? COMMERCIAL;
}

/** A name of a Region as long as any in the partition whose DNS suffix is the longest: for limits of length. */
export const LONGEST_REGION = "cn-northwest-1";
