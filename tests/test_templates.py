"""The templates hold what the strict content policy, the translators and the books need of them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from app.icons import ICONS

FOLDER = Path(__file__).parent.parent / "app" / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
HOLE = "\ue000"
"""Stands where Jinja writes something."""

FRAME = {"banners", "demo", "nav", "person", "tenant", "tenants"}
"""What `app.navigation` tells every page."""

TRANSLATORS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
CLASSES = {"wide"}
"""What a page may put into `block width` of plain.html."""

SAME_IN_EVERY_LANGUAGE = CLASSES | {"Floe", "⌘K", "CSV", "XLSX", "JSON", "curl", "API"}
READ_ALOUD = {"title", "aria-label", "placeholder", "alt"}
MACROS = {"ui", "t", "f", "c"}
SHOWN_KEYS = {"label", "title", "text", "hint"}

every_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))


class Page(HTMLParser):
    """What is wrong in a template's HTML, in words."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.untranslated: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        self.inline += [
            f"<{tag} {name}>" for name in names if name == "style" or re.match(r"on[a-z]+$", name)
        ]
        tag = tag.rstrip(HOLE)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(f"<{tag}>")
        for name, value in attrs:
            if name in READ_ALOUD:
                self._word(value or "")

    def handle_data(self, data: str) -> None:
        self._word(data)

    def _word(self, text: str) -> None:
        # A macro may write a bare attribute for its caller's tag.
        for part in re.sub(r'aria-[a-z]+="[^"]*"?', "", text).split(HOLE):
            if part.strip(" ·\n") not in SAME_IN_EVERY_LANGUAGE and re.search(r"[^\W\d_]{2}", part):
                self.untranslated.append(part.strip())


def html_of(source: str) -> str:
    """The template's own HTML: what Jinja writes is a hole, what `trans` translates is left out."""
    parts: list[str] = []
    block: list[str] = []
    is_translated = False
    for _line, kind, text in ENVIRONMENT.lex(source):
        if kind == "data" and not is_translated:
            parts.append(text)
        elif kind in ("variable_begin", "block_begin"):
            parts.append(HOLE)
            block = []
        elif kind == "name":
            block.append(text)
        elif kind == "block_end" and block:
            is_translated = block[0] in ("trans", "pluralize") or (is_translated and block[0] != "endtrans")
    return "".join(parts)


def read(path: Path) -> Page:
    page = Page()
    page.feed(html_of(path.read_text(encoding="utf-8")))
    page.close()
    return page


def bare_words(node: nodes.Node) -> Iterator[str]:
    """Constant words handed to a macro without a translator around them."""
    for call in node.find_all(nodes.Call):
        maker = call.node
        if (
            isinstance(maker, nodes.Getattr)
            and isinstance(maker.node, nodes.Name)
            and maker.node.name in MACROS
        ):
            yield from _words([*call.args, *(pair.value for pair in call.kwargs)])
    for pair in node.find_all(nodes.Pair):
        if isinstance(pair.key, nodes.Const) and pair.key.value in SHOWN_KEYS:
            yield from _words([pair.value])


def _words(arguments: list[nodes.Expr]) -> Iterator[str]:
    for one in arguments:
        if isinstance(one, nodes.Const) and isinstance(one.value, str):
            is_sentence = re.match(r"[A-ZА-ЯҐЄІЇ][a-zа-яґєії]", one.value) or re.search(
                r"[^\W\d_] [^\W\d_]", one.value
            )
            if is_sentence and one.value not in SAME_IN_EVERY_LANGUAGE:
                yield one.value


def icons_in(node: nodes.Node) -> Iterator[str]:
    for call in node.find_all(nodes.Call):
        names = [pair.value for pair in call.kwargs if pair.key == "icon"]
        if isinstance(call.node, nodes.Name) and call.node.name in ("icon", "_icon"):
            names += call.args
        for name in names:
            for constant in [name, *name.find_all(nodes.Const)]:
                if isinstance(constant, nodes.Const) and isinstance(constant.value, str):
                    yield constant.value


def sums_of_money(node: nodes.Node) -> Iterator[str]:
    for kind in (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv):
        for sum_ in node.find_all(kind):
            for part in sum_.find_all((nodes.Name, nodes.Getattr)):
                name = part.name if isinstance(part, nodes.Name) else part.attr
                if name.endswith(("_minor", "_bp")):
                    yield name


def names_of(template: nodes.Template) -> set[str]:
    """What a template names at its top, which the page it extends sees too."""
    found = set()
    for node in template.body:
        if isinstance(node, nodes.Macro):
            found.add(node.name)
        elif isinstance(node, nodes.Assign | nodes.AssignBlock):
            found |= {one.name for one in node.target.find_all(nodes.Name)}
            if isinstance(node.target, nodes.Name):
                found.add(node.target.name)
    return found


def parsed(path: Path) -> nodes.Template:
    return ENVIRONMENT.parse(path.read_text(encoding="utf-8"))


@every_template
def test_every_template_parses(path: Path) -> None:
    assert isinstance(parsed(path), nodes.Template)


@every_template
def test_no_template_has_inline_style_script_or_handler(path: Path) -> None:
    assert read(path).inline == []


@every_template
def test_every_word_of_a_template_is_translatable(path: Path) -> None:
    assert [*read(path).untranslated, *bare_words(parsed(path))] == []


@every_template
def test_no_template_calculates_with_money(path: Path) -> None:
    assert list(sums_of_money(parsed(path))) == []


@every_template
def test_no_page_takes_a_name_of_the_frame_for_itself(path: Path) -> None:
    assert names_of(parsed(path)) & FRAME == set()


def test_the_lint_sees_a_name_taken_from_the_frame() -> None:
    page = ENVIRONMENT.parse(
        "{% macro person(n) %}{{ n }}{% endmacro %}{% set nav, b = 1, 2 %}{% set banners %}x{% endset %}"
    )
    assert names_of(page) == {"person", "nav", "b", "banners"}


@every_template
def test_every_icon_of_a_template_is_in_the_sprite(path: Path) -> None:
    wanted = {name for name in icons_in(parsed(path)) if re.fullmatch(r"[a-z][a-z0-9-]*", name)}
    assert wanted - set(ICONS) - {"blank"} - STATES == set()


STATES = {"ok", "warn", "bad", "info", "sandbox", "impersonation", "demo"}
"""Keys of look-up tables inside icon(…), not icons."""


@pytest.mark.parametrize(
    "bad",
    [
        "<p style='color:red'>{{ x }}</p>",
        "<button onclick='go()'>{{ x }}</button>",
        "<script>{{ x }}</script>",
        "<style>{{ x }}</style>",
    ],
)
def test_the_lint_sees_what_is_inline(bad: str) -> None:
    page = Page()
    page.feed(html_of(bad))
    assert page.inline


@pytest.mark.parametrize(
    "bad", ["<p>Hello {{ x }}</p>", "<a title='Hello'></a>", "{% if x %}Привіт{% endif %}"]
)
def test_the_lint_sees_words_that_nobody_can_translate(bad: str) -> None:
    page = Page()
    page.feed(html_of(bad))
    page.close()
    assert page.untranslated


def test_the_lint_lets_translated_words_pass() -> None:
    page = Page()
    page.feed(
        html_of("{% trans n=3 %}one row{% pluralize %}{{ n }} rows{% endtrans %}<p>{{ _('Hello') }} · 3</p>")
    )
    page.close()
    assert page.untranslated == []


def test_the_lint_sees_bare_words_in_macros_and_sums_of_money() -> None:
    assert list(
        bare_words(ENVIRONMENT.parse("{{ ui.button('Save all') }}{{ ui.button(_('Save all'), 'primary') }}"))
    )
    assert list(sums_of_money(ENVIRONMENT.parse("{{ sale.net_minor * 2 }}"))) == ["net_minor"]
    assert list(icons_in(ENVIRONMENT.parse("{{ ui.button(_('x'), icon='nope') }}"))) == ["nope"]
