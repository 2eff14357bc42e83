"""All benchmarks, one after another: `python -m bench`."""

from importlib import import_module

for name in ("purchase", "http", "search", "deliveries", "import_csv", "posts"):
    print(f"== {name}")
    import_module(f"bench.{name}").main()
