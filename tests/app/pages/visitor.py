"""A person at the pages: real cookies, real CSRF tokens, real log-ins."""

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world import PASSWORD


class Visitor:
    """One browser; `page` is the text of the last answer."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page = ""
        self.status = 0
        self.answer: TestResponse | None = None

    def open(self, path: str) -> str:
        """Follow a link, wherever it leads; gives the page."""
        return self._keep(self.client.get(path, follow_redirects=True))

    def submit(self, path: str, follow: bool = True, **fields: Any) -> str:
        """Send a form with the token of the page before; gives the next page."""
        data = {"csrf_token": self._token(), **fields}
        return self._keep(self.client.post(path, data=data, follow_redirects=follow))

    def log_in(self, email: str, password: str = PASSWORD, onward: str = "/settings/person") -> str:
        """Come in through the form."""
        self.open("/log-in")
        return self.submit(f"/log-in?next={onward}", email=email, password=password)

    @property
    def words(self) -> str:
        """The page without its tags, as one line."""
        bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", self.page, flags=re.DOTALL)
        return " ".join(unescape(bare).split())

    def _token(self) -> str:
        if 'name="csrf-token"' not in self.page:
            self.open("/log-in")
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.page)
        assert found, self.page[:500]
        return found[1]

    def _keep(self, answer: TestResponse) -> str:
        self.answer, self.status, self.page = answer, answer.status_code, answer.get_data(as_text=True)
        answer.close()
        return self.page
