"""Amazon SNS, as far as we see it: it signs what it posts, shows its certificate, and hears confirmations.

The addresses in its messages are those of a server on the loopback; a test says that those are AWS's.
"""

import base64
import threading
from datetime import UTC, datetime, timedelta

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from escalation.sources.sns import DIGESTS
from tests.fakes.loopback import Loopback, Response

TOPIC = "arn:aws:sns:eu-west-1:123456789012:pager"
AWS = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE, CONFIRM = "/SimpleNotificationService-0123.pem", "/?Action=ConfirmSubscription"


def notification(message, **more):
    """The envelope of a published message, not signed."""
    return orjson.dumps(_fields("Notification", message, AWS, **more))


def _fields(kind, message, base, **more):
    return {
        "Type": kind,
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": "2026-03-02T10:00:00.000Z",
        "SignatureVersion": "2",
        "Signature": "",
        "SigningCertURL": f"{base}{CERTIFICATE}",
    } | more


class Sns:
    """`asked` are the paths of what it was asked, in order; what is in `broken` is answered with that."""

    def __init__(self):
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = _certificate(self._key)
        self.asked = []
        self.broken = {}
        self._lock = threading.Lock()
        self._server = Loopback(self._answer)
        self.url = self._server.url
        self.start, self.stop = self._server.start, self._server.stop

    def _answer(self, request):
        with self._lock:
            self.asked.append(request.path)
        if request.path in self.broken:
            return self.broken[request.path]
        return Response(200, self.certificate if request.path == CERTIFICATE else b"<Confirmed/>")

    def publish(self, message, **more):
        """A notification, signed."""
        return self.signed(_fields("Notification", message, self.url, **more))

    def subscribe(self, kind="SubscriptionConfirmation", **more):
        said = "You have chosen to subscribe to the topic."
        more = {"Token": "2336412f37fb687f5d51e6e2425f004a", "SubscribeURL": f"{self.url}{CONFIRM}"} | more
        return self.signed(_fields(kind, said, self.url, MessageId="165545c9-2a5c-472c", **more))

    def signed(self, fields):
        names = sorted({*fields} - {"SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"})
        text = "".join(f"{name}\n{fields[name]}\n" for name in names).encode()
        digest = DIGESTS[fields["SignatureVersion"]]
        proof = self._key.sign(text, padding.PKCS1v15(), digest)
        return orjson.dumps(fields | {"Signature": base64.b64encode(proof).decode()})


def _certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=began,
        not_valid_after=began + timedelta(days=365),
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
