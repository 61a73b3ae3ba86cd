"""One pool: on-demand instances in given subnets, Docker without root for jobs, and the defaults for everything else."""

import pulumi

from ci_runners import ActionsRunnerPool

config = pulumi.Config()

pool = ActionsRunnerPool(
    "runners",
    {
        "github": {
            "organization": config.require("githubOrganization"),
            "app": {
                "id": config.require("githubAppId"),
                "privateKeySecretArn": config.require("githubPrivateKeySecretArn"),
            },
        },
        "labels": ["python"],
        "instanceType": "m7i.large",
        "docker": "rootless",
        "maxSize": config.require_int("maxSize"),
        "subnetIds": config.require_object("subnetIds"),
        "tags": {"project": pulumi.get_project(), "stack": pulumi.get_stack()},
    },
)

pulumi.export("groupName", pool.group_name)
