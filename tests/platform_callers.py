"""Who takes the role of the platform, which sees every tenant, and why: `platform_callers.txt` is the reviewed list.

`python -m tests.platform_callers` writes it anew; the difference is read in review like code.
"""

import sys
from pathlib import Path

from tests.rules import platform_doors
from tests.source import PRODUCT, modules

REVIEWED = Path(__file__).with_name("platform_callers.txt")


def callers() -> list[str]:
    """Each caller with its reason, a line each, sorted."""
    return sorted(
        {
            f"{caller} - {reason}"
            for module in modules(*PRODUCT)
            for caller, _, reason in platform_doors(module)
        }
    )


if __name__ == "__main__":
    REVIEWED.write_text("\n".join(callers()) + "\n", encoding="utf-8")
    sys.stdout.write(f"{REVIEWED} is written\n")
