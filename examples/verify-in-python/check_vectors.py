"""Runs cloakroom.py over the test vectors: python3 check_vectors.py FOLDER. Exit code 0 when all agree."""
import base64
import json
import pathlib
import sys

import assertion
import cloakroom

folder = pathlib.Path(sys.argv[1])
assertions = json.loads((folder / "assertions.json").read_text("utf-8"))
vectors = json.loads((folder / "requests.json").read_text("utf-8"))
windows = json.loads((folder / "window-secrets.json").read_text("utf-8"))
try:
    import cryptography  # noqa: F401

    algorithms = {"OKP", "EC", "oct"}
except ImportError:
    algorithms = {"oct"}
    print("without the package cryptography: HMAC cases only")

wrong, ran = [], 0
types = {jwk["kid"]: jwk["kty"] for jwk in vectors["keys"]}
for case in vectors["cases"]:
    written = " ".join(value for name, value in case["request"]["fields"] if name == "signature-input")
    if any(kid in written and kty not in algorithms for kid, kty in types.items()):
        continue
    ran += 1
    content = base64.b64decode(case["content"] or "")
    request = cloakroom.Request(content=content, **case["request"])
    nonces = cloakroom.Nonces()
    for nonce in case["spent"]:
        for kid in types:
            nonces.spend(kid, nonce, vectors["now"] + 120, vectors["now"])
    try:
        cloakroom.verify(request, vectors["keys"], vectors["authority"], nonces, vectors["now"])
        outcome = "accepted"
    except cloakroom.Refused as refusal:
        outcome = str(refusal)
    if (outcome == "accepted") != (case["expect"] == "accepted"):
        wrong.append(f"{case['name']}: expected {case['expect']}, got {outcome}")

root = base64.b64decode(windows["root"])
for each in windows["cases"]:
    ran += 1
    if cloakroom.window_secret(root, each["windowSeconds"], each["at"]) != each["secret"]:
        wrong.append(f"window secret at {each['at']}")
for each in windows["accepts"]:
    ran += 1
    if cloakroom.accepts_window_secret(each["secret"], root, each["windowSeconds"], each["at"], each["tolerance"]) != each["accepted"]:
        wrong.append(f"window acceptance at {each['at']}")

for each in assertions["cases"]:
    try:
        assertion.verify_assertion(each["jwt"], assertions["keys"], assertions["issuer"], assertions["audience"], assertions["now"])
        accepted = True
    except cloakroom.Refused:
        accepted = False
    except ImportError:
        continue
    ran += 1
    if accepted != each["accepted"]:
        wrong.append(f"assertion {each['name']}")

for line in wrong:
    print(line)
print(f"{ran - len(wrong)} of {ran} vectors agree")
sys.exit(1 if wrong else 0)
