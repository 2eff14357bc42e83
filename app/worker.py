"""A worker of one queue: `python -m app.worker fast`. RQ loses jobs of a killed worker that listens to several.

Fast jobs run in the worker itself; slow ones in a child of it, so that an import cannot bring the worker down.
"""

import logging
import os
import sys

from redis import Redis
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer

from app import create_app
from app.config import read
from tenants import jobs

log = logging.getLogger(__name__)


def main(queue: str) -> None:
    """Work on this queue until told to stop; what is under way is finished first."""
    if queue not in jobs.QUEUES:
        raise SystemExit(f"Name one queue: {', '.join(jobs.QUEUES)}.")
    if queue == jobs.SLOW:
        os.nice(10)  # whoever waits at a page comes first
    settings = read()
    app = create_app(settings)
    kind = Worker if queue == jobs.SLOW else SimpleWorker
    connection = Redis.from_url(settings.redis_url)
    worker = kind([queue], connection=connection, serializer=JSONSerializer, maintenance_interval=30)
    with app.app_context():
        worker.work(logging_level="WARNING", with_scheduler=False)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
