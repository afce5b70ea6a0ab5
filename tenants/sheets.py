"""CSV files that people make with spreadsheets: their lines as values, and all that is wrong with them. Pure.

The first line names the columns, in any order and any number of them. Cells are parted by commas, semicolons or tabs.
What is written for a spreadsheet holds no cell that it would run as a formula.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tenants.errors import FileRefused, InvalidField

MAX_BYTES = 20 * 1024 * 1024
_DELIMITERS = ",;\t"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: What spreadsheets take for the beginning of a formula; the quote itself, so that taking it off gives back the text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")

#: By column: turns the text of a cell into a value, or raises InvalidField, whose reason is shown.
Readers = Mapping[str, Callable[[str], Any]]


@dataclass(frozen=True, slots=True)
class Line:
    """``values`` by column, only those that the file has."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineError:
    line: int
    #: Empty where the line as a whole is wrong.
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}{f', {self.column}' if self.column else ''}: {self.reason}"


def read(data: bytes, readers: Readers, *, max_rows: int) -> tuple[frozenset[str], Iterator[Line | LineError]]:
    """The columns that the file has, and its lines one by one.

    Raises FileRefused where the file as a whole is of no use: size, encoding, header, and while it is being
    read, broken quotes and too many lines.
    """
    rows = _rows(_decode(data))
    _, header = next(rows, (1, []))
    columns = _columns(header, readers)
    return frozenset(columns), _lines(rows, columns, readers, max_rows)


def written(cells: Iterable[str]) -> str:
    """One line of a file."""
    line = io.StringIO()
    csv.writer(line).writerow(guard(cell) for cell in cells)
    return line.getvalue()


def guard(cell: str) -> str:
    """The cell as text for a spreadsheet, whatever it begins with (CWE-1236)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def unguard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise FileRefused(reason=f"it is larger than {MAX_BYTES // 1024**2} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefused(reason=f"it is not UTF-8 (line {line}). Save it as 'CSV UTF-8'.") from error


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of every row that is not blank."""
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(reason=f"line {number} is not CSV ({error}).") from error


def _columns(header: list[str], readers: Readers) -> list[str]:
    columns = [name.strip().lower() for name in header]
    unknown = next((name for name in columns if name not in readers), None)
    if not columns or unknown is not None:
        what = f"there is no column '{ascii(unknown[:40])[1:-1]}'" if unknown is not None else "it is empty"
        raise FileRefused(reason=f"{what}. The first line names columns, of: {', '.join(readers)}.")
    if len(set(columns)) < len(columns):
        raise FileRefused(reason="its first line names a column twice.")
    return columns


def _lines(
    rows: Iterator[tuple[int, list[str]]], columns: list[str], readers: Readers, max_rows: int
) -> Iterator[Line | LineError]:
    for count, (number, cells) in enumerate(rows):
        if count >= max_rows:
            raise FileRefused(reason=f"it has more than {max_rows} lines.")
        yield _line(number, columns, cells, readers)


def _line(number: int, columns: list[str], cells: list[str], readers: Readers) -> Line | LineError:
    if len(cells) != len(columns):
        return LineError(number, "", f"{len(cells)} cells where the first line has {len(columns)}.")
    values = {}
    for column, cell in zip(columns, cells, strict=True):
        try:
            values[column] = readers[column](_text(cell))
        except InvalidField as error:
            return LineError(number, column, str(error.params["reason"]))
    return Line(number, values)


def _text(cell: str) -> str:
    text = unguard(cell.strip())
    if _CONTROL.search(text):
        raise InvalidField(field="cell", reason="line breaks and control characters are not allowed.")
    return text
