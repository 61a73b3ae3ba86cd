"""Runs boto3 calls for the tests: one JSON request per line on standard input, one JSON answer per line on standard output."""
import base64
import datetime
import json
import sys

import boto3
import botocore.exceptions
import botocore.validate

session = boto3.session.Session()


def plain(value):
    """Wraps types that JSON lacks, so that the tests can check that botocore parsed a time as a time."""
    if isinstance(value, datetime.datetime):
        return {"$time": int(value.timestamp() * 1000)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if hasattr(value, "read"):
        return plain(value.read())
    raise TypeError(type(value))


def modelled(client, operation, response):
    """Returns the response if it matches AWS's model: all required members, of the right types. The parser does not check this."""
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).output_shape
    members = {key: value for key, value in response.items() if key != "ResponseMetadata" and not hasattr(value, "read")}
    report = botocore.validate.ParamValidator().validate(members, shape) if shape else None
    if report and report.has_errors():
        raise ValueError(f"the response to {name} does not match AWS's model: {report.generate_report()}")
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
    result = {"class": type(error).__name__, "text": str(error)}
    if isinstance(error, botocore.exceptions.ClientError):
        metadata = error.response["ResponseMetadata"]
        result.update(error.response["Error"], status=metadata["HTTPStatusCode"], retries=metadata.get("RetryAttempts"))
    return result


for line in sys.stdin:
    try:
        reply = {"result": answer(json.loads(line))}
    except Exception as error:  # every failure is an answer, which the tests check
        reply = {"error": failure(error)}
    print(json.dumps(reply, default=plain), flush=True)
