import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { UNITS } from "../../contract/actions-runner-pool/host";
import type { PoolSettings } from "./settings";

/** Seconds that the command may take. It only asks systemd to begin, so more than a moment means a sick host. */
const EXECUTION_TIMEOUT = 30;

/**
 * The one command that the deregister function may send. A document of our own, because the right to send AWS's
 * general one would be the right to run anything as root on every runner.
 */
export function createStopDocument(
  name: string,
  settings: PoolSettings,
  tags: pulumi.Output<Record<string, string>>,
  parent: pulumi.Resource,
): aws.ssm.Document {
  return new aws.ssm.Document(
    `${name}-stop-runner`,
    {
      name: settings.names.stopDocument,
      documentType: "Command",
      documentFormat: "JSON",
      targetType: "/AWS::EC2::Instance",
      content: JSON.stringify(stopDocument()),
      tags,
    },
    { parent },
  );
}

export function stopDocument() {
  return {
    schemaVersion: "2.2",
    description: "Begins to drain the GitHub Actions runner: it ends its job first and takes no other",
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: "beginDrain",
        inputs: {
          timeoutSeconds: String(EXECUTION_TIMEOUT),
          // Without waiting: the drain takes as long as the job, and the command's result interests nobody.
          runCommand: [`systemctl stop --no-block ${UNITS.runner}`],
        },
      },
    ],
  };
}
