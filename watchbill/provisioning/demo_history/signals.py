"""What goes wrong in the demo, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation.core.label import Label

SHOP, PLATFORM = "Shop", "Platform"


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One alert of one service. `labelled`: what those who end it say of it, by weight. `says_when`: its
    source says since when it has been so. `cause`: what the one who looked found, for their note.
    """

    team: str
    service: str
    name: str
    cluster: str
    severity: str
    summary: str
    cause: str
    labelled: Mapping[Label, int] = field(default_factory=lambda: {Label.ACTED: 8, Label.UNCLEAR: 1})
    says_when: bool = False

    @property
    def key(self) -> str:
        """“DiskFillingUp{cluster=eu1}”."""
        return f"{self.name}{{cluster={self.cluster}}}"

    @property
    def pages(self) -> bool:
        return self.severity != "SEV-4"

    @property
    def labels(self) -> dict[str, str]:
        return {"alertname": self.name, "cluster": self.cluster}


DISK = Signal(
    team=SHOP,
    service="shop-db",
    name="DiskFillingUp",
    cluster="eu1",
    severity="SEV-3",
    summary="The disk of the orders database is full in four hours",
    cause="The export writes its files there and deletes them when it is done. Nothing to do.",
    labelled={Label.NOISE: 7, Label.UNCLEAR: 1, Label.ACTED: 1},
)
PAYMENTS = Signal(
    team=SHOP,
    service="checkout",
    name="PaymentsDeclined",
    cluster="eu1",
    severity="SEV-2",
    summary="9 % of card payments are declined",
    cause="The card provider had a slow region; sent payments through the other one.",
    says_when=True,
)
STUCK = Signal(
    team=SHOP,
    service="checkout",
    name="OrdersStuck",
    cluster="eu1",
    severity="SEV-2",
    summary="Orders wait longer than ten minutes",
    cause="One worker hung on a broken order; restarted it and put the order aside.",
    labelled={Label.ACTED: 6, Label.DUPLICATE: 3, Label.UNCLEAR: 1},
)
REPLICA = Signal(
    team=SHOP,
    service="shop-db",
    name="ReplicaLags",
    cluster="eu1",
    severity="SEV-3",
    summary="The read replica is 90 s behind",
    cause="A report read the whole table; ended it.",
    labelled={Label.ACTED: 4, Label.NOISE: 2, Label.UNCLEAR: 2},
    says_when=True,
)
DATABASE = Signal(
    team=SHOP,
    service="shop-db",
    name="DatabaseDown",
    cluster="eu1",
    severity="SEV-1",
    summary="The orders database answers nobody",
    cause="Its host was gone; promoted the replica.",
    labelled={Label.ACTED: 1},
    says_when=True,
)

RESTARTS = Signal(
    team=PLATFORM,
    service="gateway",
    name="ProxyRestarts",
    cluster="us1",
    severity="SEV-2",
    summary="The proxy of us1 restarted three times in ten minutes",
    cause="It ran out of memory and came back by itself, as always.",
    labelled={Label.NOISE: 8, Label.DUPLICATE: 1, Label.UNCLEAR: 1},
)
ERRORS = Signal(
    team=PLATFORM,
    service="gateway",
    name="GatewayErrors",
    cluster="us1",
    severity="SEV-2",
    summary="3 % of requests end in an error",
    cause="A node with a broken disk answered for all of them; drained it.",
    says_when=True,
)
DNS = Signal(
    team=PLATFORM,
    service="gateway",
    name="NamesNotFound",
    cluster="us1",
    severity="SEV-2",
    summary="Names are not found in us1",
    cause="The cache of names was full; made it larger.",
)
GATEWAY = Signal(
    team=PLATFORM,
    service="gateway",
    name="GatewayDown",
    cluster="us1",
    severity="SEV-1",
    summary="Nobody outside reaches us1",
    cause="A route was withdrawn by mistake; the carrier put it back.",
    labelled={Label.ACTED: 1},
    says_when=True,
)
CERTIFICATE = Signal(
    team=PLATFORM,
    service="gateway",
    name="CertificateExpires",
    cluster="us1",
    severity="SEV-4",
    summary="A certificate expires in ten days",
    cause="Renewed it.",
    labelled={Label.ACTED: 1},
)

USUAL = {SHOP: (PAYMENTS, STUCK, REPLICA), PLATFORM: (ERRORS, DNS)}
"""What a team has to do with when nothing is noisy."""

DEPLOY = "Deploy: gateway 41, whose proxy may use twice the memory"
"""After it RESTARTS comes no more."""
