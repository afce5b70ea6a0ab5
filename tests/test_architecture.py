"""The layout of the house, read from the source itself. Each failure prints the sentence that it defends."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.layout import MAY_CATCH_EVERYTHING, MAY_IMPORT, MAY_READ_ACROSS_TENANTS, MAY_WRITE_SQL

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "tenants", "templates_app", "notifications")
SOURCES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.relative_to(ROOT).parts
)
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    return rel(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of everything of ours that a file imports; ``from a import b`` counts as a.b."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.split(".")[0] in APPS)


def covers(prefix: str, name: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def allowed_for(module: str) -> set[str]:
    return MAY_IMPORT[max((name for name in MAY_IMPORT if covers(name, module)), key=len)]


@pytest.mark.parametrize("path", SOURCES, ids=rel)
def test_dependencies_run_downwards_only(path: Path) -> None:
    allowed = allowed_for(module_name(path))

    wrong = [f"{rel(path)}:{line} {name}" for name, line in imports(path) if not any(covers(a, name) for a in allowed)]

    assert not wrong, f"Dependencies run downwards only, siblings do not talk: {wrong}"


def test_facades_do_not_know_each_other() -> None:
    facades = {path.name for path in (ROOT / "notifications/facades").iterdir() if path.is_dir()} - {"__pycache__"}
    wrong = [
        f"{rel(path)}:{line} {name}"
        for path in SOURCES
        if rel(path).startswith("notifications/facades/") and path.parent.name in facades
        for name, line in imports(path)
        for other in facades - {path.parent.name}
        if covers(f"notifications.facades.{other}", name)
    ]

    assert not wrong, f"A facade never imports another facade: {wrong}"


def test_nobody_imports_config() -> None:
    wrong = [
        f"{rel(path)}:{line}"
        for path in SOURCES
        if not rel(path).startswith("config/")
        for name, line in imports(path)
        if covers("config", name)
    ]

    assert not wrong, f"config wires the apps together and is imported by nobody: {wrong}"


def test_imports_stand_at_the_top() -> None:
    wrong = [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert not wrong, f"No import inside a function hides a circle: {wrong}"


def test_no_circle_hides_behind_type_checking() -> None:
    wrong = [rel(path) for path in SOURCES if "TYPE_CHECKING" in path.read_text(encoding="utf-8")]

    assert not wrong, f"No TYPE_CHECKING import breaks a circle: {wrong}"


def test_raw_sql_has_one_home() -> None:
    raw = {"execute", "executemany", "raw", "RawSQL", "extra", "copy", "callproc"}
    wrong = [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if not rel(path).startswith(tuple(MAY_WRITE_SQL))
        and rel(path).startswith(("tenants/", "templates_app/", "notifications/"))
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in raw - {"copy", "raw", "extra"})
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"raw", "extra"})
        or (isinstance(node, ast.Name) and node.id == "RawSQL")
    ]

    assert not wrong, f"Raw SQL stands only in notifications/sql/ and in migrations: {wrong}"


def test_a_status_is_written_only_by_the_outbox() -> None:
    writers = {"update", "create", "bulk_create", "update_or_create", "get_or_create", "Message"}
    wrong = [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if rel(path).startswith("notifications/") and rel(path) != "notifications/outbox.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", None) in writers or getattr(node.func, "id", None) in writers)
        and any(keyword.arg == "status" for keyword in node.keywords)
    ] + [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if rel(path).startswith("notifications/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Attribute) and target.attr == "status" for target in node.targets)
        and not rel(path).startswith("notifications/facades/")
    ]

    assert not wrong, f"The outbox is the only writer of Message.status: {wrong}"


def test_reading_across_tenants_is_rare_and_named() -> None:
    wrong = [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if rel(path) not in MAY_READ_ACROSS_TENANTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"across_tenants", "_base_manager", "_default_manager"}
    ]

    assert not wrong, f"across_tenants is used only where MAY_READ_ACROSS_TENANTS says why: {wrong}"


def test_the_list_of_reads_across_tenants_is_true() -> None:
    stale = [
        name
        for name in MAY_READ_ACROSS_TENANTS
        if not (ROOT / name).exists() or "across_tenants" not in (ROOT / name).read_text(encoding="utf-8")
    ]

    assert not stale, f"These no longer read across tenants; take them off the list: {stale}"


def test_everything_is_caught_only_at_the_edges() -> None:
    wrong = [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if rel(path) not in MAY_CATCH_EVERYTHING
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        # What tidies up and raises again catches nothing.
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]

    assert not wrong, f"'except Exception' stands only in the worker loop and at the facade edge: {wrong}"


def test_models_do_not_override_save() -> None:
    wrong = [
        f"{rel(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if "models" in rel(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]

    assert not wrong, f"Models hold fields; rules live in functions: {wrong}"


@pytest.mark.parametrize("path", SOURCES + sorted((ROOT / "tests").rglob("*.py")), ids=rel)
def test_no_file_is_longer_than_the_wall(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())

    assert lines <= 400, f"{rel(path)} has {lines} lines; 400 is the wall"


@pytest.mark.parametrize("path", SOURCES, ids=rel)
def test_modules_are_named_after_their_duty(path: Path) -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}

    assert path.stem not in banned, f"{rel(path)}: a module is a noun of the domain"


@pytest.mark.parametrize("path", SOURCES, ids=rel)
def test_modules_say_what_they_own(path: Path) -> None:
    is_empty = not path.read_text(encoding="utf-8").strip()
    needs_none = path.name in {"apps.py", "__init__.py"}

    assert is_empty or needs_none or ast.get_docstring(TREES[path]), f"{rel(path)} has no docstring"


def test_the_top_level_is_closed() -> None:
    named = {
        "manage.py", "pyproject.toml", "README.md", "config", "notifications", "templates_app", "tenants", "tests",
        "static", ".ci", ".gitignore", "LICENSE", "CHANGELOG.md", "requirements.lock",
    }  # fmt: skip
    ignored = {".git", ".venv", ".local", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__"}

    assert {path.name for path in ROOT.iterdir()} - ignored <= named
