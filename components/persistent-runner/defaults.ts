import { DISK_GATE } from "../../contract/persistent-runner/host";
import { releaseOf } from "../../contract/shared/release";
import { HOST_DEFAULTS_IF_GIVEN } from "../shared/host-args/defaults";
import { DockerMode } from "../shared/host-args/docker";
import { VolumeType } from "../shared/host-args/volumes";
import { VERSION } from "../shared/package-version";
import type { DefaultsOf } from "../shared/with-defaults";
import type { PersistentRunnerArgs } from "./args";
import { ControlMode, RegistrationMode } from "./args/modes";

/** The program's project and stack, and the component's name in it. */
interface Basis {
  project: string;
  stack: string;
  name: string;
}

/** The default of each argument that has one. An argument without an entry is off unless given, or looked up in AWS. */
export const DEFAULTS = {
  /** Unique: a project's name is unique in its organization, a stack's in its project, and a component's in its stack. */
  persistentRunnerName: ({ project, stack, name }: Basis) => `${project}-${stack}-${name}`,
  /** The release of the code that deploys. */
  release: releaseOf(VERSION),
  github: { apiUrl: "https://api.github.com" },
  /** An account has one, which other stacks use. */
  createOidcProvider: false,
  workflow: {
    name: "e2e",
    branches: ["main"],
    command: "make test",
    /** Seconds. */
    jobTimeout: 2100,
  },
  concurrencyGroup: "e2e-runner",
  /** Only the newest state of a branch is of interest. */
  cancelInProgress: true,
  /** No run can get the job of another. */
  registration: RegistrationMode.Jit as RegistrationMode,
  /** No credentials of GitHub's in any repository. */
  control: ControlMode.Function as ControlMode,
  runner: { onImage: false, user: "runner" },
  fallbackInstanceTypes: [],
  nestedVirtualization: false,
  docker: DockerMode.None as DockerMode,
  awsByProxy: false,
  /** GiB. Twice what must be free, and what a system, its tools and a workspace take. */
  rootVolumeSize: 50,
  rootVolumeType: VolumeType.Gp3 as VolumeType,
  cacheMount: "/ci-cache",
  cacheEviction: ["."],
  diskGate: DISK_GATE,
  /** The archives of Ubuntu's images are reached by HTTP. */
  allowHttp: true,
  /** Seconds. A stopped machine takes half a minute to a minute. */
  bootTimeout: 180,
  /** Seconds. Packages and tools take 5 to 10 minutes. */
  firstBootTimeout: 1200,
  /** Seconds. Long enough to log in after a failure, and cheap enough to forget. */
  idleStopTimeout: 1800,
  /** Seconds. */
  maxSession: 7200,
  /** A machine that cannot prepare itself is better found at once. */
  waitForProvisioning: true,
  /** Its caches are worth more than the effort to remove it on purpose. */
  terminationProtection: true,
  extraPolicyArns: [],
  /** By default a job has no permissions in AWS. */
  jobsMayUseInstanceRole: false,
  runLogRetentionDays: 14,
  logRetentionDays: 30,
} satisfies DefaultsOf<PersistentRunnerArgs>;

/** Defaults of the fields of optional objects, which apply only if the object is given. */
export const DEFAULTS_IF_GIVEN = {
  cacheVolume: { type: VolumeType.Gp3 as VolumeType },
  ...HOST_DEFAULTS_IF_GIVEN,
} satisfies DefaultsOf<PersistentRunnerArgs>;
