/** The systems that hosts run on, each by the images that its publisher provides in EC2. */

/** EC2's names of the architectures. */
export type Ec2Architecture = "x86_64" | "arm64";

export interface SupportedSystem {
  name: string;
  /** Names of the publisher's images. The group `date` is the date of the image, as YYYYMMDD. */
  imageName: RegExp;
  /** Major version of systemd, and the first two parts of the others. Updates within a release may bring newer ones. */
  systemd: number;
  curl: string;
  cloudInit: string;
  architectures: readonly Ec2Architecture[];
  /** Date of the first image that EC2 lists as able to hibernate, by architecture. */
  hibernation: Readonly<Partial<Record<Ec2Architecture, string>>>;
  /** Its archive is not known to have what a rootless engine needs besides Docker. */
  lacksRootlessDocker?: true;
  /** The Debian release of a machine that the tests boot, for x86_64 alone. Absent: known from its documentation alone. */
  booted?: "bookworm" | "trixie";
}

/**
 * README.md shows this table. The sources of each row are in docs/aws-facts.md. Tests boot the rows with `booted` and
 * compare the versions; the versions of all others lie between those of the oldest and the newest machine that they boot.
 */
export const SUPPORTED_SYSTEMS: readonly SupportedSystem[] = [
  {
    name: "Ubuntu 24.04",
    imageName: ubuntu("noble-24\\.04"),
    systemd: 255,
    curl: "8.5",
    cloudInit: "25.1",
    architectures: ["x86_64", "arm64"],
    hibernation: {},
  },
  {
    name: "Ubuntu 22.04",
    imageName: ubuntu("jammy-22\\.04"),
    systemd: 249,
    curl: "7.81",
    cloudInit: "25.1",
    architectures: ["x86_64", "arm64"],
    hibernation: { x86_64: "20230303", arm64: "20240701" },
  },
  {
    name: "Amazon Linux 2023",
    imageName: /^al2023-ami-2023\.\d+\.(?<date>\d{8})\.\d+-kernel-[\d.]+-(?:x86_64|arm64)$/,
    systemd: 252,
    curl: "8.5",
    cloudInit: "22.2",
    architectures: ["x86_64", "arm64"],
    hibernation: { x86_64: "20230920", arm64: "20240701" },
    lacksRootlessDocker: true,
  },
  {
    name: "Debian 13",
    imageName: debian(13),
    systemd: 257,
    curl: "8.14",
    cloudInit: "25.1",
    architectures: ["x86_64", "arm64"],
    hibernation: {},
    booted: "trixie",
  },
  {
    name: "Debian 12",
    imageName: debian(12),
    systemd: 252,
    curl: "7.88",
    cloudInit: "22.4",
    architectures: ["x86_64", "arm64"],
    hibernation: {},
    booted: "bookworm",
  },
];

interface RecognizedImage {
  system: SupportedSystem;
  /** YYYYMMDD. */
  date: string;
}

/** Undefined for any other image. The name of an organization's own image says nothing about what it can do, so nothing is concluded from it. */
export function recognize(imageName: string): RecognizedImage | undefined {
  for (const system of SUPPORTED_SYSTEMS) {
    const date = system.imageName.exec(imageName)?.groups?.date;
    if (date !== undefined) return { system, date };
  }
  return undefined;
}

/** Server images, such as `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240423`, and those of Ubuntu Pro. */
function ubuntu(release: string): RegExp {
  return new RegExp(`^ubuntu[a-z-]*/images/[^/]+/ubuntu-${release}-(?:amd64|arm64)-(?:pro-)?server-(?<date>\\d{8})(?:\\.\\d+)?$`);
}

/** Such as `debian-12-amd64-20240717-1811`. */
function debian(release: number): RegExp {
  return new RegExp(`^debian-${release}-(?:amd64|arm64)-(?<date>\\d{8})-\\d+$`);
}

/** Used if neither `imageId` nor `imageParameter` is given: a release with long-term support, on gp3. */
export function defaultImageParameter(architecture: "amd64" | "arm64"): string {
  return `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;
}
