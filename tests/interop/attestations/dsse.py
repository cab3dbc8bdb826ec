"""DSSE 1.0.2 with securesystemslib's keys and signatures.

dsse.py sign TYPE PAYLOAD OUT     a new key (ed25519, ecdsa); OUT.json is the envelope, OUT.pem its key
dsse.py verify ENVELOPE PEM       by that key
dsse.py summary ENVELOPE PEM      by that key; and it says what a SLSA verification summary v1 must
"""
import base64
import datetime
import json
import re
import sys
import urllib.parse

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from securesystemslib import keys
from securesystemslib.signer import Signature, SSlibKey, SSlibSigner

TYPE = "application/vnd.in-toto+json"


def pae(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)


def public_pem(key):
    if key["keytype"] == "ecdsa":
        return key["keyval"]["public"]
    raw = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["keyval"]["public"]))
    return raw.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def sign(kind, payload, out):
    make = {"ed25519": keys.generate_ed25519_key, "ecdsa": keys.generate_ecdsa_key}
    key = make[kind]()
    body = open(payload, "rb").read()
    made = SSlibSigner(key).sign(pae(TYPE, body))
    envelope = {
        "payload": base64.b64encode(body).decode(),
        "payloadType": TYPE,
        "signatures": [
            {
                "keyid": made.keyid,
                "sig": base64.b64encode(bytes.fromhex(made.signature)).decode(),
            }
        ],
    }
    json.dump(envelope, open(out + ".json", "w"))
    open(out + ".pem", "w").write(public_pem(key))


def read_key(path):
    pem = open(path).read()
    key = serialization.load_pem_public_key(pem.encode())
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return SSlibKey("0" * 64, "ed25519", "ed25519", {"public": raw.hex()})
    return SSlibKey("0" * 64, "ecdsa", "ecdsa-sha2-nistp256", {"public": pem})


def verify(path, pem):
    envelope = json.load(open(path))
    body = base64.b64decode(envelope["payload"], validate=True)
    key = read_key(pem)
    for one in envelope["signatures"]:
        sig = base64.b64decode(one["sig"], validate=True)
        key.verify_signature(
            Signature(key.keyid, sig.hex()), pae(envelope["payloadType"], body)
        )


def summary(path, pem):
    verify(path, pem)
    statement = json.loads(base64.b64decode(json.load(open(path))["payload"]))
    predicate = statement["predicate"]
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/verification_summary/v1"
    digests = [s["digest"]["sha256"] for s in statement["subject"]]
    assert digests and all(len(d) == 64 for d in digests)
    for uri in (predicate["verifier"]["id"], predicate["resourceUri"], predicate["policy"]["uri"]):
        assert urllib.parse.urlparse(uri).scheme, uri
    datetime.datetime.strptime(predicate["timeVerified"], "%Y-%m-%dT%H:%M:%SZ")
    assert predicate["verificationResult"] == "PASSED"
    assert "SLSA_BUILD_LEVEL_3" in predicate["verifiedLevels"]
    assert all(
        re.fullmatch("SLSA_[A-Z]+_LEVEL_[0-9]+", level) or not level.startswith("SLSA_")
        for level in predicate["verifiedLevels"]
    )
    assert all(len(i["digest"]["sha256"]) == 64 for i in predicate["inputAttestations"])
    assert re.fullmatch("[0-9]+[.][0-9]+", predicate["slsaVersion"])


{"sign": sign, "verify": verify, "summary": summary}[sys.argv[1]](*sys.argv[2:])
