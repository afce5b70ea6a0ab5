"""What the README says is compared with the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_settings_table_names_exactly_what_is_read_from_the_environment() -> None:
    section = README.split("### Settings", 1)[1].split("###", 1)[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE))

    sources = [(ROOT / name).read_text(encoding="utf-8") for name in ("config/settings.py", "config/env.py")]
    read = set(re.findall(r'(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)"', "\n".join(sources)))

    assert documented == read


def test_every_command_is_mentioned() -> None:
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")} - {"__init__"}

    missing = {name for name in commands if f"{name}" not in README}

    assert not missing


def test_pictures_exist() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)

    assert pictures
    assert [path for path in pictures if not (ROOT / path).is_file()] == []
