"""The app over real HTTP, and the work its workers would do."""

import http.client
from collections.abc import Callable

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from tenants import jobs
from tests.app.api.described import Got, Sent


def over_http(server: str) -> Callable[[Sent], Got]:
    """A wire to the app on its port."""

    def send(sent: Sent) -> Got:
        line = http.client.HTTPConnection(server, timeout=30)
        try:
            line.request(sent.method, sent.path, sent.body, sent.headers)
            answer = line.getresponse()
            return Got(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            line.close()

    return send


def work() -> None:
    """Do what the workers would do."""
    worker = SimpleWorker(jobs.QUEUES, connection=jobs.connection(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="WARNING")
