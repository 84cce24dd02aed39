"""A report as one page that can be opened as a file: the mail, with its pictures in it."""

import base64

from people.models import User
from watchbill.reports.core.report import LoadReport
from watchbill.reports.writing.mail import mail_of


def as_html(report: LoadReport, *, reader: User, address: str) -> str:
    mail = mail_of(report, reader=reader, address=address)
    html = mail.html
    for name, content in mail.images.items():
        picture = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        html = html.replace(f"cid:{name}", picture)
    return html
