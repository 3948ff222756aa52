"""Long form -> records; what does not fit becomes Problems with places, and the rest is read on."""

from __future__ import annotations

from nnfig.records import BAD, Fault, Path, found
from nnfig.sources.language.models import DocumentModel
from nnfig.sources.language.tree import Map, Source, find
from nnfig.sources.language.words import meant_or

_MISSING: dict[Path, str] = {
    ("nnfig",): "a layer list begins with 'nnfig: 1'",
    ("inputs",): "for instance 'inputs: {image: [1, 3, 224, 224]}'",
    ("layers",): "for instance 'layers: [ReLU]'",
}


def checked(document: Map, source: Source) -> DocumentModel | None:
    """The document as a record, with broken layers for faulty ones; None where too little is left to read on."""
    faults: list[Fault] = []
    if "nnfig" not in document:  # the rest can be read all the same
        faults.append(Fault(("nnfig",), "missing"))
        document.put("nnfig", 1, document.at, document.at)
    model = DocumentModel.read(document, (), faults)
    for fault in faults:
        _report(document, fault, source)
    return None if model is BAD else model


def _report(document: Map, fault: Fault, source: Source) -> None:
    path, value = fault.path, fault.value
    word = str(path[-1])
    if fault.what == "missing":
        return source.report(f"missing key '{word}'", _MISSING.get(path, ""), spot=find(document, path[:-1])[1])
    key_at, at = find(document, path)
    if fault.what == "unknown":
        comma = "a comma inside {...} parts keys: put the kind with its arguments in quotes"
        return source.report(
            f"unknown key '{word}'", comma if value is None else meant_or(word, fault.keys), spot=key_at
        )
    if path == ("nnfig",):
        what = f"this file is written in version {found(value)} of the language, expected 1"
        return source.report(what, "write 'nnfig: 1', or use the nnfig that wrote it", spot=at)
    last = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    place = word if isinstance(path[-1], str) else f"an entry of '{last}'"
    return source.report(f"{place} is {found(value)}, expected {fault.expected}", spot=at)
