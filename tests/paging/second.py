"""A second SMS provider: the fake phone company again, at another address, called by plain HTTP."""

import json
import urllib.error
import urllib.request
from base64 import b64encode
from urllib.parse import urlencode

from paging.channels.base import Accepted, ChannelError, Fault
from tests.fakes.phone import NUMBER, SID, TOKEN

FIRST = "paging.channels.sms.SmsChannel"
SECOND = f"{__name__}.SecondSms"
FAULTS = {401: Fault.PROVIDER, 400: Fault.MESSAGE, 404: Fault.ADDRESS, 410: Fault.OPTED_OUT}


class SecondSms:
    provider = "second"
    title = "Second"
    url = ""

    def send(self, message):
        form = urlencode({"To": message.to, "From": NUMBER, "Body": message.text}).encode()
        request = urllib.request.Request(f"{self.url}/2010-04-01/Accounts/{SID}/Messages.json", form)  # noqa: S310 - loopback
        request.add_header("Authorization", f"Basic {b64encode(f'{SID}:{TOKEN}'.encode()).decode()}")
        try:
            with urllib.request.urlopen(request, timeout=8) as answer:  # noqa: S310
                return Accepted(self.provider, json.load(answer)["sid"])
        except urllib.error.HTTPError as refused:
            with refused:
                fault = FAULTS.get(refused.code, Fault.TEMPORARY)
                raise ChannelError(f"Second {refused.code}: {refused.reason}", fault=fault) from refused
