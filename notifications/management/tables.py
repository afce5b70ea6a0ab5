"""Tables for a terminal: aligned columns, numbers to the right."""

from collections.abc import Iterable, Iterator, Sequence


def lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The header and a line per row. A column whose header begins with a space is of numbers."""
    cells = [header, *rows]
    widths = [max(len(row[column].strip()) for row in cells) for column in range(len(header))]
    for row in cells:
        fitted = (
            cell.strip().rjust(width) if title.startswith(" ") else cell.ljust(width)
            for cell, title, width in zip(row, header, widths, strict=True)
        )
        yield "  ".join(fitted).rstrip()


def span(seconds: float | None) -> str:
    """A duration as people say it: 12 s, 5 min, 3.5 h, 2 d; "-" for none."""
    if seconds is None:
        return "-"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
