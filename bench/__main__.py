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
    "rechecks",
):
    print(f"== {name}")
    import_module(f"bench.{name}").main()
