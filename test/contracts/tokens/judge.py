"""Verifies tokens for the tests: one JSON request per line on standard input, one JSON answer per line on standard output."""
import json
import sys
import urllib.request

from jose import jwt


def keys(issuer):
    """The issuer's keys, found as OpenID Connect Discovery describes it."""
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as reply:
        discovery = json.load(reply)
    if discovery["issuer"] != issuer:
        raise ValueError(f"the discovery document is of {discovery['issuer']}")
    with urllib.request.urlopen(discovery["jwks_uri"]) as reply:
        return json.load(reply)


def answer(request):
    issuer, audience = request["issuer"], request["audience"]
    required = {f"require_{claim}": True for claim in ("aud", "iat", "exp", "nbf", "iss", "sub", "jti")}
    return jwt.decode(request["token"], keys(issuer), algorithms=["RS256"], audience=audience, issuer=issuer, options=required)


for line in sys.stdin:
    try:
        reply = {"claims": answer(json.loads(line))}
    except Exception as error:  # every failure is an answer, which the tests check
        reply = {"refused": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
