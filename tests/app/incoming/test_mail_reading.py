"""What is read out of mails: our own horrors with their truth, bombs within bounds, sentences with a gap."""

import time
import tracemalloc

import pytest

from app.incoming.mail import no_lead, patterns
from app.incoming.mail.mail import NoMail, read_mail, read_pasted
from app.incoming.mail.page_text import lines_of
from app.incoming.mail.places import demand_places, lay_out, suggested
from app.incoming.mail.posted import raw_mail
from app.leads import verticals
from tenants.errors import Invalid, Refused
from tests.app.incoming.mails import EMAIL, NAME, PHONE, SAMPLES, TABLE, TEXT, Sample, mail, nested, parts

SOLAR = verticals.get("home_solar")
MEGA = 1_000_000


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_a_mail_says_what_is_true_of_it(sample: Sample) -> None:
    laid = lay_out(read_mail(sample.raw), SOLAR, "consumer", sample.rules)
    rules = sample.rules or suggested(laid, SOLAR, "consumer", "UA")
    assert {target: laid.find(place) for place, target in rules.items()} == sample.truth


def test_a_rule_finds_its_label_however_it_is_spelled() -> None:
    rules = ("label.Телефон", "label.имя клиента", "label.Телефон [2]", "block.Коментар", "column.x")
    text = "ТЕЛЕФОН : 1\nІм’я  клієнта= О\nТелефон: 2\nКоментар: раз\nдва\n\nне те"
    laid = lay_out(read_pasted(text), SOLAR, "consumer", rules)
    assert [laid.find(rule) for rule in rules] == ["1", None, "2", "раз\nдва", None]
    assert laid.find("label.імя клієнта") == "О"


def test_what_is_not_told_in_a_page_is_not_read() -> None:
    assert lines_of(TABLE) == ["Ім'я\tОлена\u00a0Шевченко".replace("\u00a0", " "), "Телефон\t+380671112233"]
    assert lines_of("1 < 2 &amp; <b>3</b> > <!-- x --> <script>a<b") == ["1 < 2 & 3 >"]


@pytest.mark.parametrize("key", ["message_id", "date", "subject"])
def test_the_same_mail_has_the_same_key_and_another_another(key: str) -> None:
    one = read_mail(mail(TEXT)).key
    assert read_mail(b"Received: by mx\r\n" + mail(TEXT)).key == one
    assert read_mail(mail(TEXT, **{key: "<other>"})).key != one
    assert read_mail(mail(TEXT + "2")).key != one, "a program that gives every mail one ID loses nothing"


BOMBS = {
    "a hundred levels": nested(100),
    "five thousand levels": nested(5_000),
    "a header of 10 MB": b"From: a@b.test\r\nSubject: " + b"x" * 10 * MEGA,
    "a folded header of 10 MB": b"From: a@b.test\r\nX: a\r\n" + b" b\r\n" * (MEGA * 5 // 2),
    "a million borders": mail(b"--e\r\n\r\n" * MEGA, "multipart/mixed; boundary=e"),
    "nearly borders": mail(b"\n--eX" * (2 * MEGA), "multipart/mixed; boundary=e"),
    "mails in mails": b"From: a@b.test\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 300_000,
    "a million cells": mail("<table>" + "<td>x" * MEGA, "text/html"),
    "tables in tables": mail("<table><tr><td>x" * 600_000, "text/html"),
    "signs that are no tags": mail("<" * 10 * MEGA, "text/html"),
    "tags that do not end": mail("<a '" * (2 * MEGA), "text/html"),
    "labels without end": mail("a: b, " * MEGA),
    "a line without end": mail("Phone: " + "x" * 9 * MEGA),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_time_and_memory(name: str) -> None:
    tracemalloc.start(1)
    began = time.process_time()
    laid = lay_out(read_mail(BOMBS[name]), SOLAR, "consumer")
    suggested(laid, SOLAR, "consumer", "UA")
    took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < 20, "slower by far than measured, even with memory watched"
    assert peak < 100 * MEGA


@pytest.mark.parametrize("raw", [b"", b"\n", b"hello", b"{}", b"\xff\xfe\x00", b"\0" * 100, b"Phone: 1\n\n2"])
def test_what_has_no_head_of_a_mail_is_none(raw: bytes) -> None:
    with pytest.raises(NoMail):
        read_mail(raw)


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("Budget: {value} EUR", "the BUDGET:  1 500 eur a month", "1 500"),
        ("call {any} at {value}", "Call Olena at +380671112233", "+380671112233"),
        ("{value} wants a call", "Olena wants a call", "Olena"),
        ("from {value}, {any}", "from Kyiv, now", "Kyiv"),
        ("Budget: {value}", "Budget:", None),
        ("Budget: {value} EUR", "Budget: 5 USD", None),
        ("İ ab {value}", "İ AB x", "x"),
    ],
)
def test_a_sentence_finds_what_stands_in_its_gap(pattern: str, line: str, found: str | None) -> None:
    patterns.demand_pattern(pattern)
    assert patterns.find(pattern, line) == found


@pytest.mark.parametrize(
    "place",
    [
        "sentence.no gap", "sentence.ab {value} cd {value}", "sentence.{value}", "sentence.a{value}", "sentence.ab {x} {value}",
        "sentence.ab {any}{value}", "sentence.ab {value} }", "sentence." + "ab" * 80 + "{value}", "header.bcc", "label.", "label.!!",
        "x.y", "", "label." + "x" * 200, "forwarded.to",
    ],
)  # fmt: skip
def test_a_rule_that_can_find_nothing_is_refused(place: str) -> None:
    with pytest.raises(Invalid):
        demand_places([place])


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"auto_submitted": "auto-replied"}, no_lead.ANSWER),
        ({"precedence": "auto_reply"}, no_lead.ANSWER),
        ({"x_autoreply": "yes"}, no_lead.ANSWER),
        ({"subject": "Автоматична відповідь: відпустка"}, no_lead.ANSWER),
        ({"From": "MAILER-DAEMON@mx.test"}, no_lead.BOUNCE),
        ({"return_path": "<>"}, no_lead.BOUNCE),
        ({"kind": "multipart/report; boundary=x"}, no_lead.BOUNCE),
        ({"auto_submitted": "auto-generated"}, None),
        ({"auto_submitted": "no"}, None),
        ({"precedence": "bulk"}, None),
    ],
)
def test_what_answers_by_itself_is_no_lead(headers: dict[str, str], why: str | None) -> None:
    assert no_lead.answers_by_itself(read_mail(mail(TEXT, **headers))) == why


def test_a_form_may_send_in_bulk_and_a_newsletter_is_no_lead() -> None:
    sent = read_mail(mail(TEXT, precedence="bulk"))
    assert no_lead.is_to_many(sent)
    assert no_lead.names_somebody({"label.a": PHONE}, {"label.a": "1"})
    assert not no_lead.names_somebody({"label.a": PHONE, "label.b": NAME}, {"label.b": "1"})
    assert not no_lead.names_somebody({"header.from_address": EMAIL}, {"header.from_address": "x@y.z"})


RAW = mail(TEXT.encode("cp1251"), "text/plain; charset=windows-1251")


def posted(name: str) -> bytes:
    head = f'--e\r\nContent-Disposition: form-data; name="to"\r\n\r\nx\r\n--e\r\nContent-Disposition: form-data; name="{name}"'
    return head.encode() + b"\r\n\r\n" + RAW + b"\r\n--e--\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("message/rfc822", RAW),
        ("application/octet-stream", RAW),
        ("multipart/form-data; boundary=e", posted("email")),
        ("multipart/form-data; boundary=e", posted("message")),
        ("application/x-www-form-urlencoded", b"to=x&body-mime=" + b"".join(b"%%%02x" % one for one in RAW)),
    ],
)
def test_the_raw_mail_comes_out_of_what_a_provider_posts(kind: str, body: bytes) -> None:
    assert raw_mail(kind, body) == RAW


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"), ("application/json", b"["), ("application/json", b"[" * 100_000),
        ("multipart/form-data", posted("email")), ("multipart/form-data; boundary=e", posted("text")),
        ("image/png", RAW), ("", RAW), ("application/x-www-form-urlencoded", b"a&" * 400),
    ],
)  # fmt: skip
def test_what_holds_no_mail_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Refused):
        raw_mail(kind, body)


def test_attached_tables_are_named() -> None:
    sent = parts(
        ("Content-Type: text/plain", b"x"),
        ('Content-Type: text/csv; name="leads.CSV"', b"a,b"),
        ("Content-Disposition: attachment; filename*=utf-8''%D0%BB.xlsx", b"PK"),
        ('Content-Disposition: attachment; filename="logo.png"', b"x"),
        kind="mixed",
    )
    assert no_lead.tables_attached(read_mail(sent)) == "CSV, XLSX"
