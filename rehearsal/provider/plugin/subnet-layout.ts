export type SubnetType = "Public" | "Private" | "Isolated";

export interface SubnetSpec {
  type: SubnetType;
  name?: string;
  cidrMask?: number;
  cidrBlocks?: string[];
  tags?: Record<string, string>;
}

export interface PlannedSubnet {
  spec: SubnetSpec;
  cidrBlock: string;
}

/** awsx's default: a private and a public subnet in each zone. */
const DEFAULT_SPECS: SubnetSpec[] = [{ type: "Private" }, { type: "Public" }];

/** The default strategy allocates in this order, regardless of the order of the specifications. */
const LEGACY_ORDER: SubnetType[] = ["Private", "Public", "Isolated"];

/**
 * The subnets of each zone. The range is halved until every zone has a part. Within a zone, each subnet gets an equal
 * power-of-two share or the size given by its `cidrMask`, without overlaps.
 */
export function subnetLayout(cidr: string, zones: number, given?: SubnetSpec[], strategy?: string): PlannedSubnet[][] {
  const specs = given ?? DEFAULT_SPECS;
  const ordered =
    strategy === "Auto" || strategy === "Exact"
      ? specs
      : [...specs].sort((a, b) => LEGACY_ORDER.indexOf(a.type) - LEGACY_ORDER.indexOf(b.type));
  const base = parse(cidr);
  const zoneMask = base.mask + bits(zones);
  const shareMask = zoneMask + bits(ordered.length);
  if (ordered.some(({ cidrMask }) => cidrMask !== undefined && cidrMask < zoneMask) || shareMask > 28) {
    throw new Error(
      `cidrBlock ${cidr} is too small for ${zones} zone(s) of ${ordered.length} subnet(s): choose a larger block or fewer subnets`,
    );
  }
  return Array.from({ length: zones }, (_, zone) => {
    let next = base.address + zone * 2 ** (32 - zoneMask);
    return ordered.map((spec) => {
      const explicit = spec.cidrBlocks?.[zone];
      if (explicit !== undefined) return { spec, cidrBlock: explicit };
      const mask = spec.cidrMask ?? shareMask;
      const size = 2 ** (32 - mask);
      const start = Math.ceil(next / size) * size;
      next = start + size;
      if (next > base.address + (zone + 1) * 2 ** (32 - zoneMask))
        throw new Error(`cidrBlock ${cidr} is too small for the subnets of zone ${zone + 1}`);
      return { spec, cidrBlock: `${format(start)}/${mask}` };
    });
  });
}

function bits(parts: number): number {
  return Math.ceil(Math.log2(Math.max(parts, 1)));
}

function parse(cidr: string): { address: number; mask: number } {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) throw new Error(`cidrBlock ${cidr} is not an IPv4 range such as 10.0.0.0/16`);
  const [a, b, c, d, mask] = match.slice(1).map(Number) as [number, number, number, number, number];
  return { address: ((a * 256 + b) * 256 + c) * 256 + d, mask };
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
