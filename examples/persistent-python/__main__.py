"""One machine that sleeps between runs, prepared by a script beside this program; its caches are on its root volume."""

from pathlib import Path

import pulumi

from ci_runners import PersistentRunner

config = pulumi.Config()
repository = config.require("repository")

machine = PersistentRunner(
    "e2e",
    {
        "github": {
            "repository": repository,
            "app": {
                "id": config.require("githubAppId"),
                "privateKeySecretArn": config.require("githubPrivateKeySecretArn"),
            },
        },
        "subjects": [f"repo:{repository}:ref:refs/heads/main"],
        "oidcProviderArn": config.require("oidcProviderArn"),
        "actions": {"repository": config.require("actionsRepository"), "ref": config.require("actionsRef")},
        "instanceType": "m7i.large",
        "subnetId": config.require("subnetId"),
        # From another language the script's text, not its path.
        "setupScript": Path(__file__).with_name("setup.sh").read_text(encoding="utf-8"),
        "terminationProtection": config.require_bool("terminationProtection"),
        "tags": {"project": pulumi.get_project(), "stack": pulumi.get_stack()},
    },
)

pulumi.export("instanceId", machine.instance_id)
pulumi.export("workflowYaml", machine.workflow_yaml)
