"""Mails of our own making, each a horror from life, with what is true of it: target → value under suggested rules."""

import base64
import quopri
from collections.abc import Mapping
from dataclasses import dataclass, field

NAME, PHONE, EMAIL = "contact_1_name", "contact_1_phone", "contact_1_email"
OLENA = {NAME: "Олена Шевченко", PHONE: "+380671112233"}
TEXT = "Ім'я: Олена Шевченко\nТелефон: +380671112233\n"
DATE = "Fri, 20 Nov 2026 10:00:00 +0200"


@dataclass(frozen=True)
class Sample:
    """A mail and its truth; `rules` stand in for the suggested ones where a person has to write their own."""

    name: str
    raw: bytes
    truth: Mapping[str, str]
    rules: Mapping[str, str] = field(default_factory=dict)


def mail(
    body: bytes | str, kind: str = "text/plain; charset=utf-8", subject: str = "New lead", **more: str
) -> bytes:
    """A mail of one part from a form's robot; `more` are headers, `_` for `-`."""
    named = {"from": "noreply@site.test", "date": DATE, "message-id": "<1@site.test>", "subject": subject}
    named |= {"mime-version": "1.0", "content-type": kind}
    named |= {name.replace("_", "-").lower(): value for name, value in more.items()}
    head = "".join(f"{name.title()}: {value}\r\n" for name, value in named.items() if value)
    content = body if isinstance(body, bytes) else body.encode()
    return head.encode() + b"\r\n" + content


def parts(*inner: tuple[str, bytes], kind: str = "alternative", **more: str) -> bytes:
    """A mail of several parts; each is its headers and its content."""
    pieces = b"".join(b"--edge\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in inner)
    return mail(pieces + b"--edge--\r\n", f'multipart/{kind}; boundary="edge"', **more)


def nested(levels: int) -> bytes:
    """Parts within parts."""
    opened = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(levels)
    )
    closed = "".join(f"\r\n--b{n}--\r\n" for n in reversed(range(levels)))
    body = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}"
    return ("From: noreply@b.test\r\n" + opened + body + closed).encode()


PLAIN = "Content-Type: text/plain; charset=utf-8"
PAGE = "Content-Type: text/html; charset=utf-8"
TABLE = (
    "<html><head><style>td{color:red}</style><title>Телефон: 1</title></head><body><script>var Phone='2'</script>"
    "<table><tr><td><table><tr><td><p><b>Ім&#39;я</b></p></td><td><p>Олена&nbsp;Шевченко</p></td></tr>"
    "<tr><td>Телефон</td><td><a href='tel:+380671112233'>+380671112233</a></td></tr></table></td></tr></table>"
    "<img src='https://spy.test/pixel'></body></html>"
)
FORWARDED = """FYI

---------- Forwarded message ---------
Від: Олена Шевченко <olena@example.com>
Date: пт, 20 лист. 2026 р. о 09:12
Subject: Питання
To: <office@acme.test>

Телефон: +380671112233
"""
ANSWER = """Дякуємо, зателефонуємо.

пт, 20 лист. 2026 р. о 09:12 Олена <olena@example.com> пише:
> Ім'я: Олена Шевченко
> Телефон: +380671112233
"""

SAMPLES = (
    Sample("plain text in UTF-8", mail(TEXT), OLENA),
    Sample("windows-1251", mail(TEXT.replace("'", "’").encode("cp1251"), "text/plain; charset=windows-1251"), OLENA),
    Sample("koi8-u", mail(TEXT.encode("koi8-u"), "text/plain; charset=koi8-u"), OLENA),
    Sample("koi8-r", mail("ФИО: Елена Орлова\nТелефон: +380671112233".encode("koi8-r"), "text/plain; charset=koi8-r"),
           {NAME: "Елена Орлова", PHONE: "+380671112233"}),
    Sample("iso-8859-2", mail("Imię i nazwisko: Łucja Żądło\nTelefon: +48601234567".encode("iso-8859-2"),
                              "text/plain; charset=iso-8859-2"), {NAME: "Łucja Żądło", PHONE: "+48601234567"}),
    Sample("says iso-8859-1, is UTF-8", mail(TEXT, "text/plain; charset=iso-8859-1"), OLENA),
    Sample("says us-ascii, is windows-1251", mail(TEXT.encode("cp1251"), "text/plain; charset=us-ascii"), OLENA),
    Sample("says koi8-r, is windows-1251", mail(TEXT.encode("cp1251"), "text/plain; charset=koi8-r"), OLENA),
    Sample("an encoding nobody knows", mail(TEXT.encode("cp1251"), "text/plain; charset=x-unknown-9"), OLENA),
    Sample("base64", mail(base64.encodebytes(TEXT.encode()), content_transfer_encoding="base64"), OLENA),
    Sample("base64 cut off in the middle of a letter",
           mail(base64.b64encode(TEXT.encode() + b"\nx: \xd0")[:-2], content_transfer_encoding="base64"), OLENA),
    Sample("quoted-printable", mail(quopri.encodestring(TEXT.encode()), content_transfer_encoding="Quoted-Printable"),
           OLENA),
    Sample("both text and page: the text counts",
           parts((PLAIN, TEXT.encode()), (PAGE, "<p>Телефон: 1</p>".encode())), OLENA),
    Sample("a text that stands in for the page",
           parts((PLAIN, b"Please view this in HTML."), (PAGE, TABLE.encode())), OLENA),
    Sample("an empty text beside the page", parts((PLAIN, b"  \r\n"), (PAGE, TABLE.encode())), OLENA),
    Sample("a page with tables in tables, script, style", mail(TABLE, "text/html; charset=utf-8"), OLENA),
    Sample("a page that nothing closes",
           mail("<div>Ім'я: Олена <b>Шевченко<div>Телефон: <a href='x'>+380671112233<br>", "text/html"), OLENA),
    Sample("a table with headings",
           mail("<table><tr><th>Name</th><th>Phone</th><th>Status</th></tr><tr><td>Олена Шевченко</td>"
                "<td>+380671112233</td><td>new</td></tr></table>", "text/html"), OLENA),
    Sample("a table drawn with bars",
           mail("+------+------+\n| Name | Phone |\n+------+------+\n| Олена Шевченко | +380671112233 |\n"), OLENA),
    Sample("the value in the next line", mail("Ім'я:\nОлена Шевченко\n\nТелефон:\n\n+380671112233\n"), OLENA),
    Sample("labels without a colon", mail("Ім'я\nОлена Шевченко\nТелефон — +380671112233\n"), OLENA),
    Sample("everything in one line", mail("Ім'я: Олена Шевченко, Телефон: +380671112233, Статус: новий"), OLENA),
    Sample("bold marks and links from a mail program",
           mail("*Ім'я:* Олена Шевченко\n* **Телефон:** +380671112233 <tel:+380671112233>\n"), OLENA),
    Sample("a signature with a phone of its own", mail("Ім'я: Олена Шевченко\n-- \nТелефон: +380440000000"),
           {NAME: "Олена Шевченко"}),
    Sample("forwarded in a text", mail(FORWARDED, subject="Fwd: =?utf-8?B?0J/QuNGC0LDQvdC90Y8=?=", From="me@acme.test"),
           {**OLENA, EMAIL: "olena@example.com"}),
    Sample("forwarded whole, as an attachment",
           parts((PLAIN, b"see below"), ("Content-Type: message/rfc822",
                 mail(TEXT, From="Olena <olena@example.com>")), kind="mixed", subject="Fwd: x", From="me@acme.test"),
           {**OLENA, EMAIL: "olena@example.com"}),
    Sample("an answer does not tell its quoted mail again",
           mail(ANSWER, in_reply_to="<0@site.test>", subject="Re: x"), {}),
    Sample("the sender is the lead", mail("Зателефонуйте мені.", reply_to="=?koi8-u?B?78zFzsE=?= <olena@example.com>"),
           {NAME: "Олена", EMAIL: "olena@example.com"}),
    Sample("headers in naked windows-1251",
           mail("x", "text/plain; charset=windows-1251").replace(
               b"noreply@site.test", '"Олена Шевченко" <olena@example.com>'.encode("cp1251")),
           {NAME: "Олена Шевченко", EMAIL: "olena@example.com"}),
    Sample("an encoded name with a comma and a bracket",
           mail("x", From="=?utf-8?Q?=D0=A8=D0=B5=D0=B2=2C_=3C=D0=9E=2E=3E?= <olena@example.com>"),
           {NAME: "Шев, <О.>", EMAIL: "olena@example.com"}),
    Sample("a border that never closes, and lone line feeds",
           parts((PLAIN, TEXT.encode())).replace(b"--edge--\r\n", b"").replace(b"\r\n", b"\n"), OLENA),
    Sample("a mailbox's From line before the head", b"From noreply@site.test Fri Nov 20 10:00:00 2026\n" + mail(TEXT), OLENA),
    Sample("nine parts within parts", nested(9), OLENA),
    Sample("a sentence with a gap", mail("Добрий день! Клієнт просить передзвонити на +380671112233 до вечора."),
           {PHONE: "+380671112233"}, {"sentence.передзвонити на {value} до": PHONE}),
    Sample("controls and marks of direction", mail("Ім'я: \u202eОлена\u2066 Шевченко\x00\nТелефон: \u200e+380671112233"), OLENA),
)  # fmt: skip
