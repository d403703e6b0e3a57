"""Breaks lines that are too long, as black and ruff do."""

WIDTH = 88


def fitted(code: str) -> str:
    """A statement in lines that fit; it may be one of a class, and is indented then."""
    if all(len(line) <= WIDTH for line in code.splitlines()):
        return code
    from black import format_str
    from black.mode import Mode, TargetVersion

    is_of_class = code.startswith(" ")
    formatted = format_str(
        f"class _:\n{code}" if is_of_class else code, mode=Mode(target_versions={TargetVersion.PY311})
    )
    return formatted.removeprefix("class _:\n").rstrip()
