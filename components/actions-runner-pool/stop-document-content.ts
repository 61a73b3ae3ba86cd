import { UNITS } from "../../contract/actions-runner-pool/host";

/** Seconds that the command may take. It only asks systemd to begin, so more than a moment means a sick host. */
const EXECUTION_TIMEOUT = 30;

/** The one command that the deregister function may send to a host, as Systems Manager wants it (schema 2.2). */
export function stopDocumentContent() {
  return {
    schemaVersion: "2.2",
    description: "Begins to drain the GitHub Actions runner: it ends its job first and takes no other",
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: "beginDrain",
        inputs: {
          timeoutSeconds: String(EXECUTION_TIMEOUT),
          // Without waiting: the drain takes as long as the job, and no one reads the command's result.
          runCommand: [`systemctl stop --no-block ${UNITS.runner}`],
        },
      },
    ],
  };
}
