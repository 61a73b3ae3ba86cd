"""Drives boto3 for the tests: one JSON request a line on standard input, one JSON answer a line on standard output."""
import base64
import datetime
import json
import sys

import boto3
import botocore.exceptions

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


def answer(request):
    client = session.client(request["service"], **request.get("credentials", {}))
    params = request.get("params", {})
    if "paginate" in request:
        return list(client.get_paginator(request["paginate"]).paginate(**params))
    if "wait" in request:
        return client.get_waiter(request["wait"]).wait(**params)
    return getattr(client, request["call"])(**params)


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
