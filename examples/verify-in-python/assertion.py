"""Accepts the JWT that a Cloakroom gateway puts on each request (`assertion` in cloakroom.yaml, RFC 7519). Stands beside cloakroom.py."""
import json
import re

from cloakroom import Refused, check_signature, find_key, unbase64url

ALGORITHMS = {"OKP": "EdDSA", "EC": "ES256", "oct": "HS256"}


def verify_assertion(jwt, keys, issuer, audience, now):
    """Returns its claims, or raises Refused. `keys` is a list of JWKs, `issuer` the website's origin, `audience` what cloakroom.yaml says."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", jwt):
        raise Refused("malformed")
    head, body, signature = jwt.split(".")
    header = json_object(head)
    if header.get("typ") != "cloakroom+jwt" or "crit" in header:
        raise Refused("wrong_type")
    jwk = find_key(keys, header.get("kid", ""))
    # By the key, never by what the JWT says of itself.
    if header.get("alg") != ALGORITHMS[jwk["kty"]]:
        raise Refused("algorithm_mismatch")
    check_signature(jwk, None, f"{head}.{body}".encode("ascii"), unbase64url(signature))
    claims = json_object(body)
    audiences = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    if claims.get("iss") != issuer or audience not in audiences:
        raise Refused("not_for_us")
    if type(claims.get("exp")) is not int or claims["exp"] <= now:
        raise Refused("expired")
    if type(claims.get("nbf", 0)) is not int or claims.get("nbf", 0) > now:
        raise Refused("from_the_future")
    return claims


def json_object(part):
    try:
        value = json.loads(unbase64url(part))
    except ValueError:
        raise Refused("malformed") from None
    if not isinstance(value, dict):
        raise Refused("malformed")
    return value
