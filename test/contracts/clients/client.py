"""Drives boto3 for the tests: one JSON request a line on standard input, one JSON answer a line on standard output."""
import base64
import datetime
import json
import sys

import boto3
import botocore.exceptions
import botocore.validate

session = boto3.session.Session()


def plain(value):
    """What JSON lacks is wrapped, so that the tests see that botocore parsed a time as a time."""
    if isinstance(value, datetime.datetime):
        return {"$time": int(value.timestamp() * 1000)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if hasattr(value, "read"):
        return plain(value.read())
    raise TypeError(type(value))


def modelled(client, operation, response):
    """The response, if it has all that AWS's model requires of it, of the right types; the parser alone lets that pass."""
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).output_shape
    told = {key: value for key, value in response.items() if key != "ResponseMetadata" and not hasattr(value, "read")}
    report = botocore.validate.ParamValidator().validate(told, shape) if shape else None
    if report and report.has_errors():
        raise ValueError(f"the response to {name} is not what AWS's model says: {report.generate_report()}")
    return response


def answer(request):
    client = session.client(request["service"], **request.get("credentials", {}))
    params = request.get("params", {})
    if "paginate" in request:
        pages = client.get_paginator(request["paginate"]).paginate(**params)
        return [modelled(client, request["paginate"], page) for page in pages]
    if "wait" in request:
        return client.get_waiter(request["wait"]).wait(**params)
    return modelled(client, request["call"], getattr(client, request["call"])(**params))


def failure(error):
    told = {"class": type(error).__name__, "text": str(error)}
    if isinstance(error, botocore.exceptions.ClientError):
        metadata = error.response["ResponseMetadata"]
        told.update(error.response["Error"], status=metadata["HTTPStatusCode"], retries=metadata.get("RetryAttempts"))
    return told


for line in sys.stdin:
    try:
        reply = {"result": answer(json.loads(line))}
    except Exception as error:  # every failure is an answer; the tests judge it
        reply = {"error": failure(error)}
    print(json.dumps(reply, default=plain), flush=True)
