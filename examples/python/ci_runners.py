"""The component as Python sees it. `pulumi package add` generates a complete package with typed arguments."""

from typing import Any, Mapping, Optional

import pulumi

# Version of the npm package in package.json: the engine requests this version of the plugin.
VERSION = "0.2.0"


class ActionsRunnerPool(pulumi.ComponentResource):
    """A pool of long-lived runners that never kills a job. Arguments: `inputProperties` in the package's schema.json."""

    def __init__(self, name: str, args: Mapping[str, Any], opts: Optional[pulumi.ResourceOptions] = None) -> None:
        versioned = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=VERSION))
        # An output is declared as a property without a value.
        super().__init__("ci-runners:index:ActionsRunnerPool", name, {**args, "groupName": None}, versioned, remote=True)

    @property
    def group_name(self) -> pulumi.Output[str]:
        """Auto Scaling group, to attach scaling policies and to inspect the instances."""
        return self.__dict__["groupName"]
