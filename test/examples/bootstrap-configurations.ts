import { ACCOUNT_ID, REGION } from "./account";

/** The account's OIDC provider of GitHub. */
export const PROVIDER = {
  arn: `arn:aws:iam::${ACCOUNT_ID}:oidc-provider/token.actions.githubusercontent.com`,
  host: "token.actions.githubusercontent.com",
};

/** What the machine of both configurations has, which is no difference. */
const MACHINE = {
  subjects: ["repo:example-org/app:ref:refs/heads/main"],
  oidcProviderArn: PROVIDER.arn,
  actions: { repository: "example-org/ci-runners", ref: "0123456789abcdef0123456789abcdef01234567" },
  instanceType: "m7i.large",
  subnetId: "subnet-0a1b2c3d4e5f60003",
};
/** Volumes do not shrink, so these stay when the rest goes back. Nor is a protected machine destroyed. */
const LARGER = { rootVolumeSize: 60, cacheVolume: { size: 110 }, terminationProtection: false };

/** Two configurations that differ in as many resources as a stack's own configuration can change without a new pool or machine. */
export const BEFORE = {
  extraPolicyArns: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
  hostLogs: { retentionDays: 7 },
  persistentRunner: {
    ...MACHINE,
    rootVolumeSize: 50,
    cacheVolume: { size: 100 },
    terminationProtection: true,
    extraPolicyArns: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
    hostLogs: { retentionDays: 7 },
    setupScript: "#!/bin/sh\n",
  },
};
export const AFTER = {
  extraPolicyArns: [],
  rootVolumeSize: 31,
  maxSize: 7,
  warmPool: {},
  drain: { heartbeatTimeout: 900, maxDrain: 20_000 },
  launchTimeout: 1000,
  logRetentionDays: 14,
  hostLogs: { retentionDays: 3, diagnostics: false },
  githubPrivateKeySecretArn: `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:ci-runners-dev/other-app-GhIjKl`,
  alarmTopicArn: `arn:aws:sns:${REGION}:${ACCOUNT_ID}:alarms`,
  tags: { environment: "development", costs: "42" },
  persistentRunner: {
    ...MACHINE,
    ...LARGER,
    extraPolicyArns: [],
    hostLogs: { retentionDays: 3, diagnostics: false },
    setupScript: "#!/bin/sh\necho next\n",
    logRetentionDays: 14,
    alarmTopicArn: `arn:aws:sns:${REGION}:${ACCOUNT_ID}:alarms`,
    subjects: [...MACHINE.subjects, "repo:example-org/tools:ref:refs/heads/main"],
    tags: { environment: "development", costs: "42" },
  },
};

/** Without `demand`, which suspends a process of the group for as long as it is set. */
export const BACK = { ...BEFORE, demand: null, persistentRunner: { ...BEFORE.persistentRunner, ...LARGER } };
