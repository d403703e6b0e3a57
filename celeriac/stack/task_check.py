"""`python -m celeriac.stack.task_check PACKAGES` checks whether these tasks load."""

import subprocess
import sys

from celeriac.contract.catalog import load_implementations
from celeriac.contract.signature import ContractError


def refusal(packages: str) -> str | None:
    """The reason why the tasks cannot be loaded, in one sentence; None if they can."""
    command = [sys.executable, "-m", "celeriac.stack.task_check", packages]
    trial = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if trial.returncode == 0:
        return None
    return trial.stderr.strip().rpartition("\n")[2] or f"Python ended with exit code {trial.returncode}."


def main(packages: str) -> int:
    """Load them; 1 when that fails, with the reason as the last line of standard error."""
    try:
        load_implementations(packages)
    except ContractError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
