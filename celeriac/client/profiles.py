"""Reads and writes profiles: names for a server and its key, in one file.

The file is `$CELERIAC_CONFIG`, or else `celeriac/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`. Its mode is 600.
"""

import json
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from celeriac.client.address import checked_address

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
KEY = re.compile(r"[\x21-\x7e]{1,16384}")
HEADER = "# `celeriac config` writes this file. It contains keys: nobody else may read it.\n"


class ProfileError(ValueError):
    """A profile cannot be used. The text says why, and what to do."""

    def __init__(self, what: str, advice: str = "") -> None:
        """What is wrong, and how to correct it."""
        super().__init__(f"{what} {advice}".strip())
        self.what, self.advice = what, advice


@dataclass(frozen=True)
class Profile:
    """A server and the key for it; `repr` shows no key."""

    name: str
    url: str
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Profiles:
    """The content of the file: all profiles by name, and which one is used by default."""

    by_name: Mapping[str, Profile] = field(default_factory=dict)
    default: str | None = None

    def named(self, name: str) -> Profile:
        """The profile of this name; `ProfileError` lists those that exist."""
        try:
            return self.by_name[name]
        except KeyError:
            names = f"The profiles are: {', '.join(self.by_name)}." if self.by_name else "There is none yet."
            raise ProfileError(
                f"No profile has the name {name!r}. {names}", f"celeriac config set {name} --url URL"
            ) from None


def config_file() -> Path:
    """Where the profiles are."""
    if named := os.environ.get("CELERIAC_CONFIG"):
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path("~/.config").expanduser()) / "celeriac" / "config.toml"


def read_profile(name: str | None = None) -> Profile | None:
    """The profile of this name, or else of `CELERIAC_PROFILE`, or else the default one; None if there is no default.

    `ProfileError` if there is no profile of this name, or if other users can read its key.
    """
    profiles = read_profiles()
    name = name or os.environ.get("CELERIAC_PROFILE") or profiles.default
    if not name:
        return None
    profile = profiles.named(name)
    if profile.key is not None:
        _refuse_open_file(config_file())
    return profile


def read_profiles() -> Profiles:
    """All profiles; `ProfileError` if the file is not one of ours."""
    file = config_file()
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Profiles()
    except OSError as error:
        raise ProfileError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ProfileError(f"{file} is not valid TOML: {error}.", "Correct the file, or delete it.") from None
    try:
        return _checked(document)
    except (AttributeError, KeyError, TypeError):
        raise ProfileError(
            f"{file} is not valid: each profile needs a url, as a text.", "Correct the file."
        ) from None
    except ProfileError as wrong:
        raise ProfileError(f"{file} is not valid. {wrong.what}", "Correct the file.") from None


def write_profile(profile: Profile) -> None:
    """Add this profile, or replace the one with its name. The first profile becomes the default."""
    profile = checked_profile(profile.name, profile.url, profile.key)
    profiles = read_profiles()
    _write(
        Profiles({**profiles.by_name, profile.name: profile}, profiles.default or profile.name),
    )


def use_profile(name: str) -> None:
    """Make this profile the default."""
    profiles = read_profiles()
    _write(replace(profiles, default=profiles.named(name).name))


def remove_profile(name: str) -> None:
    """Remove this profile with its key. If it was the default, there is none afterwards."""
    profiles = read_profiles()
    profiles.named(name)
    rest = {key: profile for key, profile in profiles.by_name.items() if key != name}
    _write(Profiles(rest, None if profiles.default == name else profiles.default))


def checked_profile(name: str, url: str, key: str | None = None) -> Profile:
    """The profile of these values; `ProfileError` names the one that is wrong."""
    if not NAME.fullmatch(name):
        raise ProfileError(
            f"The name {name!r} is wrong: write 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first."
        )
    if key is not None and not KEY.fullmatch(key):
        raise ProfileError(
            f"The key of profile {name!r} is wrong: a key has printable ASCII characters only."
        )
    try:
        return Profile(name, checked_address(url), key)
    except ValueError as wrong:
        raise ProfileError(f"The URL of profile {name!r} is wrong: {wrong}") from None


def _checked(document: Mapping[str, Any]) -> Profiles:
    profiles = {
        name: checked_profile(name, values["url"], values.get("key"))
        for name, values in document.get("profiles", {}).items()
    }
    default = document.get("default")
    if default is not None and default not in profiles:
        raise ProfileError(f"The default profile {default!r} does not exist.")
    return Profiles(profiles, default)


def _refuse_open_file(file: Path) -> None:
    """On POSIX; elsewhere the home directory of a user is their own."""
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ProfileError(f"Other users can read the keys in {file}.", f"chmod 600 {shlex.quote(str(file))}")


def _write(profiles: Profiles) -> None:
    """Write the file in one step: a reader sees the old one or the new one."""
    file = config_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = file.resolve()  # where it is a link, what it leads to is replaced
        handle, new = mkstemp(prefix=f".{file.name}-", dir=file.parent)  # with mode 600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as output:
                output.write(_text(profiles))
                output.flush()
                os.fsync(output.fileno())
            Path(new).replace(file)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ProfileError(f"{file} cannot be written: {error.strerror}.") from error


def _text(profiles: Profiles) -> str:
    lines = [HEADER]
    if profiles.default:
        lines.append(f"default = {_quoted(profiles.default)}\n")
    for profile in profiles.by_name.values():
        lines.append(f"\n[profiles.{_quoted(profile.name)}]\nurl = {_quoted(profile.url)}\n")
        if profile.key is not None:
            lines.append(f"key = {_quoted(profile.key)}\n")
    return "".join(lines)


def _quoted(text: Any) -> str:
    """A basic string of TOML: JSON's escapes are TOML's, but for DEL and for pairs of surrogates."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
