"""The component as Python sees it. `pulumi package add` generates a complete package with typed arguments."""

from typing import Any, Mapping, Optional

import pulumi

# Version of the npm package in package.json: the engine requests this version of the plugin.
VERSION = "0.2.0"


class PersistentRunner(pulumi.ComponentResource):
    """One machine that sleeps between runs. Arguments: `inputProperties` in the package's schema.json."""

    def __init__(self, name: str, args: Mapping[str, Any], opts: Optional[pulumi.ResourceOptions] = None) -> None:
        versioned = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=VERSION))
        # An output is declared as a property without a value.
        outputs = {"instanceId": None, "workflowYaml": None}
        super().__init__("ci-runners:index:PersistentRunner", name, {**args, **outputs}, versioned, remote=True)

    @property
    def instance_id(self) -> pulumi.Output[str]:
        """The instance, which is made once and never terminated."""
        return self.__dict__["instanceId"]

    @property
    def workflow_yaml(self) -> pulumi.Output[str]:
        """A workflow that starts the machine, runs a job on it and stops it."""
        return self.__dict__["workflowYaml"]
