"""What the values of a column mean, where it goes to a closed field: as the rules read them, as somebody decided, or as
they most probably are.

Invariant: a decision stands where all fixes of an upload stand and is applied by its check; what the rules understand by
themselves is not stored. A guess is shown, and counts only once somebody has sent it back.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import batch_queries, countries, fields, fixes, regions, tally, verticals
from app.leads.allowed_values import allowed_values
from app.leads.batch_queries import BatchView
from app.leads.fields import Setting
from app.leads.fixes import Fixes
from app.leads.likely import likely
from app.leads.problems import Unreadable
from app.leads.received_file import unseal
from app.leads.spelling import plain
from app.leads.tally import Counted
from app.leads.targets import canonical
from app.leads.verticals import Vertical
from tenants import crypto
from tenants.actor import Actor
from tenants.crypto import Vault

SHOWN = 50
"""Values of one column that are shown at once."""
READ, YOURS, GUESS, UNKNOWN = "read", "yours", "guess", "unknown"
LEAVE_EMPTY, LEAVE_OUT, AS_IT_IS = "-", "!", ""
"""What can be said of a value beside the allowed ones: the field is empty, the row is left out, nothing."""

_TALLY = text(
    "SELECT tally_sealed FROM batch WHERE tenant_id = :tenant AND id = :id AND rows_total IS NOT NULL"
)
Read = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One value: how many rows hold it, what it is taken for (an allowed value or one of the three words above), and
    who says so."""

    written: str
    count: int
    meant: str
    how: str


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """Values of one column, those nobody understands first. `different` counts all of them, `unknown` those that neither
    the rules nor a decision settles, `found` those that match the search."""

    column: int
    target: str
    options: list[tuple[str, str]]
    rows: list[Meaning]
    different: int
    unknown: int
    found: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Which values are wanted: of a column that goes to `target`, those that hold `search`; `first` stand first, and all
    of them."""

    column: int
    target: str
    search: str = ""
    most: int = SHOWN
    first: Collection[str] = frozenset()


class Meanings:
    """The values of one upload, by column; opened once for all of them."""

    def __init__(self, session: Session, batch: BatchView, vault: Vault, language: str) -> None:
        self._batch = batch
        self._language = language
        self._vertical = verticals.get(batch.vertical, batch.vertical_version)
        self._decided = fixes.decided(session, vault, batch.id)
        sealed = session.execute(_TALLY, {"tenant": vault.tenant_id, "id": batch.id}).scalar_one_or_none()
        packed = unseal(vault, batch.id, tally.FIELD, bytes(sealed)) if sealed else b"[]"
        self._tally = tally.unpacked(packed)
        self._samples = batch_queries.samples(session, vault.tenant_id, batch.id)

    def of(self, asked: Asked) -> ColumnValues | None:
        """The values of a column; None when its target is no closed field."""
        options = allowed_values(self._vertical, asked.target, self._language, self._batch.country)
        if not options:
            return None
        target = canonical(asked.target)
        counted = tally.of_whole(self._tally, asked.column) or tally.of_samples(self._samples, asked.column)
        settled = self._settled(target, counted)
        wanted = plain(asked.search)
        found = [one for one in settled if wanted in plain(one.written)] if wanted else settled
        found.sort(
            key=lambda one: (one.written not in asked.first, one.how != UNKNOWN, -one.count, one.written)
        )
        return ColumnValues(
            column=asked.column,
            target=target,
            options=options,
            rows=[_guessed(one, options) for one in found[: max(asked.most, len(asked.first))]],
            different=len(settled),
            unknown=sum(one.how == UNKNOWN for one in settled),
            found=len(found),
            is_whole=counted.is_whole,
        )

    def _settled(self, target: str, counted: Counted) -> list[Meaning]:
        read = _reader(self._vertical, target, self._batch.country)
        decided = self._decided.values.get(target, {})
        return [_meaning(written, count, decided, read) for written, count in counted.values]


def keep(session: Session, actor: Actor, batch: BatchView, said: Mapping[str, Mapping[str, str]]) -> bool:
    """Keep what was said of values (by target, value → allowed value or one of the three words); whether anything is new.
    What was decided about other values stays. Applied by the next check.

    Raises what `fixes.decide` refuses; then nothing was changed. Repeating changes nothing.
    """
    before = fixes.decided(session, crypto.vault(session, actor.card().id), batch.id)
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    values = {target: dict(meant) for target, meant in before.values.items()}
    for name, meanings in said.items():
        target = canonical(name)
        read, meant = _reader(vertical, target, batch.country), values.setdefault(target, {})
        for written, word in meanings.items():
            if word == AS_IT_IS or word == read(written):
                meant.pop(written, None)
            else:
                meant[written] = {LEAVE_EMPTY: "", LEAVE_OUT: None}.get(word, word)
    after = {target: meant for target, meant in values.items() if meant}
    if after == before.values:
        return False
    fixes.decide(session, actor, batch.id, Fixes(after, before.repairs))
    return True


def _meaning(written: str, count: int, decided: Mapping[str, str | None], read: Read) -> Meaning:
    if written in decided:
        meant = decided[written]
        return Meaning(written, count, LEAVE_OUT if meant is None else meant or LEAVE_EMPTY, YOURS)
    understood = read(written)
    return Meaning(written, count, understood or AS_IT_IS, READ if understood else UNKNOWN)


def _guessed(one: Meaning, options: list[tuple[str, str]]) -> Meaning:
    """With what it most probably means, if nobody knows."""
    if one.how != UNKNOWN or not (guess := likely(one.written, options)):
        return one
    return Meaning(one.written, one.count, guess, GUESS)


def _reader(vertical: Vertical, target: str, country: str) -> Read:
    """How the rules read a value of a closed field; None for what they do not know."""
    one = next((one for one in vertical.fields if one.name == target), None)
    setting = Setting(country, countries.currency_of(country) or "EUR")
    read = fields.reader(one, setting) if one else lambda written: regions.find(written, country)

    def known(written: str) -> str | None:
        try:
            value = read(written)
        except Unreadable:
            return None
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)

    return known
