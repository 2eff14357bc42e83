"""All benchmarks, one after another: `python -m bench`."""

from importlib import import_module

for name in (
    "purchase",
    "http",
    "search",
    "deliveries",
    "csv_reading",
    "xlsx",
    "posts",
    "intake",
    "intake_peers",
    "intake_at_size",
    "intake_meanwhile",
    "rechecks",
    "suppression",
):
    print(f"== {name}")
    import_module(f"bench.{name}").main()
