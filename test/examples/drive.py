"""Runs one operation of the engine on an example's program: drive.py OPERATION PROJECT_DIR WORK_DIR STACK PROJECT_NAME."""

import json
import os
import runpy
import sys

from pulumi import automation as auto

operation, project_dir, work_dir, stack_name, project_name = sys.argv[1:]
sys.path.insert(0, project_dir)


def program() -> None:
    runpy.run_path(os.path.join(project_dir, "__main__.py"), run_name="__main__")


stack = auto.create_or_select_stack(
    stack_name,
    project_name=project_name,
    program=program,
    opts=auto.LocalWorkspaceOptions(work_dir=work_dir, pulumi_home=os.path.join(work_dir, "home")),
)
if operation == "up":
    result = stack.up(color="never", on_output=sys.stderr.write)
    outputs = {key: output.value for key, output in result.outputs.items()}
    print(json.dumps({"outputs": outputs, "changes": result.summary.resource_changes}))
elif operation == "destroy":
    stack.destroy(color="never", on_output=sys.stderr.write)
    print(json.dumps({}))
else:
    sys.exit(f"{operation}: neither up nor destroy")
