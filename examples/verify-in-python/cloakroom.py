"""Accepts requests that a Cloakroom gateway has signed (profile cloakroom-v1, RFC 9421 and RFC 9530).

HMAC needs the standard library alone; Ed25519 and ECDSA need the package `cryptography`.
"""
import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

TAG = "cloakroom-v1"
ALWAYS = ["@method", "@authority", "@path", "@query"]
WHEN_PRESENT = ["authorization", "cloakroom-context", "content-type", "content-encoding", "content-digest"]
OBSOLETE = {"md5", "sha", "unixsum", "unixcksum", "adler", "crc32c"}
LABEL = r"[a-z*][a-z0-9_.*-]*"
STRING = r'"[\x20\x21\x23-\x5b\x5d-\x7e]*"'
PARAMETER = rf";{LABEL}(?:=(?:{STRING}|-?[0-9]{{1,15}}|[A-Za-z*][A-Za-z0-9_.:/*-]*))?"
INPUT_MEMBER = re.compile(rf"({LABEL})=(\(((?:{STRING}|[^\"()])*)\)((?:{PARAMETER})*))")
SIGNATURE_MEMBER = re.compile(rf"({LABEL})=:([A-Za-z0-9+/]*={{0,2}}):")
DIGEST_MEMBER = re.compile(rf"({LABEL})=(?::([A-Za-z0-9+/]*={{0,2}}):|[0-9]+)")
COMPONENT = re.compile(r'"(@?[a-z0-9!#$%&\'*+.^_`|~-]+)"')


class Refused(Exception):
    """Why, for the log. Tell the caller nothing but 403."""


@dataclass(frozen=True)
class Request:
    method: str
    authority: str
    path: str
    query: "str | None"
    fields: list  # (name, value) lines in order
    content: bytes = b""

    def lines(self, name):
        return [value.strip(" \t") for own, value in self.fields if own.lower() == name]

    def value(self, name):
        found = self.lines(name)
        return ", ".join(found) if found else None


@dataclass
class Nonces:
    """For one process. Several need one store: Redis with SET NX EX."""

    spent: dict = field(default_factory=dict)
    most: int = 100_000

    def spend(self, keyid, nonce, expires, now):
        self.spent = {key: end for key, end in self.spent.items() if end > now} if len(self.spent) >= self.most else self.spent
        if len(self.spent) >= self.most:
            raise Refused("nonces_unavailable")
        if self.spent.get((keyid, nonce), 0) > now:
            raise Refused("replayed")
        self.spent[(keyid, nonce)] = expires


def verify(request, keys, authority, nonces, now, max_age=60):
    """Returns the covered fields of an accepted request, or raises Refused. `keys` is a list of JWKs."""
    if len(request.lines("host")) > 1:
        raise Refused("malformed")
    if request.value("digest") is not None:
        raise Refused("weak_digest")
    if request.authority.lower() != authority:
        raise Refused("wrong_authority")
    written, names, parameters, signature = our_signature(request)
    created, expires = number(parameters, "created"), number(parameters, "expires")
    nonce, keyid = text(parameters, "nonce"), text(parameters, "keyid")
    if not re.fullmatch(r"[\x21-\x7e]{16,128}", nonce):
        raise Refused("missing_parameter")
    check_age(created, expires, now, max_age)
    required = ALWAYS + [name for name in WHEN_PRESENT if request.value(name) is not None]
    if not set(required) <= set(names):
        raise Refused("insufficient_coverage")
    base = "\n".join([f'"{name}": {component(request, name)}' for name in names] + [f'"@signature-params": {written}'])
    check_signature(find_key(keys, keyid), parameters.get("alg"), base.encode("ascii"), signature)
    check_digest(request)
    nonces.spend(keyid, nonce, created + 2 * max_age, now)
    return {name: request.value(name) for name in names if not name.startswith("@")}


def our_signature(request):
    inputs = members(INPUT_MEMBER, request.value("signature-input"))
    signatures = members(SIGNATURE_MEMBER, request.value("signature"))
    ours = [(label, match) for label, match in inputs.items() if parameters_of(match[4]).get("tag") == f'"{TAG}"']
    if not ours:
        raise Refused("unsigned")
    if len(ours) > 1:
        raise Refused("several_signatures")
    label, match = ours[0]
    if label not in signatures:
        raise Refused("unsigned")
    names = []
    for item in match[3].split(" "):
        found = COMPONENT.fullmatch(item)
        if found is None or found[1] in names:
            raise Refused("malformed")
        names.append(found[1])
    return match[2], names, parameters_of(match[4]), unbase64(signatures[label][2])


def members(pattern, value):
    """Reads a dictionary to its last character; one that says a label twice is refused."""
    if value is None or len(value) > 8192:
        raise Refused("unsigned")
    found, at = {}, 0
    while True:
        match = pattern.match(value, at)
        if match is None or match[1] in found:
            raise Refused("malformed")
        found[match[1]] = match
        if match.end() == len(value):
            return found
        comma = re.compile(r"[ \t]*,[ \t]*").match(value, match.end())
        if comma is None:
            raise Refused("malformed")
        at = comma.end()


def parameters_of(written):
    found = {}
    for match in re.finditer(rf";({LABEL})(?:=({STRING}|[^;]*))?", written):
        if match[1] in found:
            raise Refused("malformed")
        found[match[1]] = match[2]
    return found


def number(parameters, name):
    value = parameters.get(name) or ""
    if not re.fullmatch(r"[1-9][0-9]{0,14}", value):
        raise Refused("missing_parameter")
    return int(value)


def text(parameters, name):
    value = parameters.get(name) or ""
    if not value.startswith('"') or len(value) < 3:
        raise Refused("missing_parameter")
    return value[1:-1]


def check_age(created, expires, now, max_age):
    if created > now + 5:
        raise Refused("from_the_future")
    if created < now - max_age:
        raise Refused("too_old")
    if expires <= now:
        raise Refused("expired")


def component(request, name):
    derived = {
        "@method": request.method,
        "@authority": request.authority.lower(),
        "@path": request.path or "/",
        "@query": "?" + (request.query or ""),
    }
    value = derived.get(name) if name.startswith("@") else request.value(name)
    if value is None or not re.fullmatch(r"[\x20-\x7e\t]*", value):
        raise Refused("missing_component")
    return value


def find_key(keys, keyid):
    for jwk in keys:
        if jwk.get("kid") == keyid:
            return jwk
    raise Refused("unknown_key")


def check_signature(jwk, alg, base, signature):
    algorithm = {"OKP": "ed25519", "EC": "ecdsa-p256-sha256", "oct": "hmac-sha256"}[jwk["kty"]]
    if alg is not None and alg != f'"{algorithm}"':
        raise Refused("algorithm_mismatch")
    if algorithm == "hmac-sha256":
        good = hmac.compare_digest(hmac.new(unbase64url(jwk["k"]), base, hashlib.sha256).digest(), signature)
    else:
        good = public_key_holds(jwk, base, signature)
    if not good:
        raise Refused("bad_signature")


def public_key_holds(jwk, base, signature):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

    try:
        if jwk["kty"] == "OKP":
            ed25519.Ed25519PublicKey.from_public_bytes(unbase64url(jwk["x"])).verify(signature, base)
            return True
        if len(signature) != 64:
            return False
        x, y = (int.from_bytes(unbase64url(jwk[name]), "big") for name in ("x", "y"))
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(utils.encode_dss_signature(r, s), base, ec.ECDSA(hashes.SHA256()))
        return True
    except InvalidSignature:
        return False


def check_digest(request):
    value = request.value("content-digest")
    if value is None:
        if request.content:
            raise Refused("insufficient_coverage")
        return
    checked = 0
    for name, match in members(DIGEST_MEMBER, value).items():
        if name in OBSOLETE:
            raise Refused("weak_digest")
        if name in ("sha-256", "sha-512"):
            own = hashlib.new(name.replace("-", ""), request.content).digest()
            if match[2] is None or not hmac.compare_digest(unbase64(match[2]), own):
                raise Refused("digest_mismatch")
            checked += 1
    if checked == 0:
        raise Refused("missing_digest")


def window_secret(root, window_seconds, at):
    """The secret of one time window, for an API that compares a string."""
    message = f"cloakroom-window-v1\n{window_seconds}\n{at // window_seconds}".encode("ascii")
    return base64.urlsafe_b64encode(hmac.new(root, message, hashlib.sha256).digest()).rstrip(b"=").decode("ascii")


def accepts_window_secret(presented, root, window_seconds, at, tolerance=1):
    given, accepted = presented.encode("utf-8"), False
    for offset in range(-tolerance, tolerance + 1):
        own = window_secret(root, window_seconds, at + offset * window_seconds).encode("ascii")
        accepted = hmac.compare_digest(given, own) or accepted
    return accepted


def unbase64(value):
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused("malformed") from None


def unbase64url(value):
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
