"""Contact sets: each channel once, every unreadable one named."""

from app.leads.contacts import Contact, RawContact, messenger, read_contacts


def test_phones_and_emails_are_read_and_stand_once_in_the_set() -> None:
    found = read_contacts(
        [
            RawContact(
                1, {"name": "Олена"}, {"phone": ["067 123 45 67", "+380671234567"], "email": ["A@B.com"]}
            ),
            RawContact(2, {"name": "Ігор", "role": "CTO"}, {"email": ["a@b.com", "c@d.com"]}),
        ],
        "UA",
    )
    assert found.contacts == (
        Contact("Олена", "", ("+380671234567",), ("a@b.com",)),
        Contact("Ігор", "CTO", (), ("c@d.com",)),
    )
    assert (found.phones, found.emails) == (("+380671234567",), ("a@b.com", "c@d.com"))
    assert found.problems == ()


def test_an_unreadable_channel_is_named_with_its_contact_and_value() -> None:
    found = read_contacts([RawContact(3, {}, {"phone": ["067 12", "3,8E+11"], "email": ["x"]})], "UA")
    assert [(one.target, one.code, one.value) for one in found.problems] == [
        ("contact_3_phone", "bad_phone", "067 12"),
        ("contact_3_phone", "damaged_phone", "3,8E+11"),
        ("contact_3_email", "bad_email", "x"),
    ]
    assert found.contacts == ()


def test_a_later_contact_without_name_is_one_more_channel_of_the_first() -> None:
    people = [RawContact(1, {"name": "Олена"}), RawContact(2, {}, {"phone": ["0501112233"]})]
    assert read_contacts(people, "UA").contacts == (Contact("Олена", "", ("+380501112233",)),)


def test_first_and_last_name_make_the_name() -> None:
    person = RawContact(1, {"first_name": "Olena", "last_name": "Bondar"}, {"email": ["a@b.com"]})
    assert read_contacts([person], "UA").contacts[0].name == "Olena Bondar"


def test_a_name_too_long_is_refused_and_not_cut() -> None:
    found = read_contacts([RawContact(1, {"name": "x" * 201}, {"email": ["a@b.com"]})], "UA")
    assert found.contacts[0].name == ""
    assert found.problems[0].message == "The text is longer than 200 characters."


def test_messengers_tell_their_kind() -> None:
    assert messenger("https://t.me/olena") == "telegram:olena"
    assert messenger("Viber: +380671234567") == "viber:+380671234567"
    assert messenger("wally") == "other:wally"
