import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PoolSettings } from "./settings";
import { stopDocumentContent } from "./stop-document-content";

export interface StopDocumentParts {
  settings: PoolSettings;
  tags: pulumi.Output<Record<string, string>>;
}

/**
 * The only command that the deregister function may send. It is a separate document, because permission to send AWS's
 * generic one would be permission to run anything as root on every runner.
 */
export function createStopDocument(name: string, parts: StopDocumentParts, opts: pulumi.CustomResourceOptions): aws.ssm.Document {
  const { settings, tags } = parts;
  return new aws.ssm.Document(
    `${name}-stop-runner`,
    {
      name: settings.names.stopDocument,
      documentType: "Command",
      documentFormat: "JSON",
      targetType: "/AWS::EC2::Instance",
      content: JSON.stringify(stopDocumentContent()),
      tags,
    },
    opts,
  );
}
