"""`promptyard import`."""

from collections import Counter
from pathlib import Path

import click

from promptyard_cli.connection import connect
from promptyard_cli.display.output import show_json, show_table, show_words


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The sums of all answers as JSON.")
def command(file: Path, as_json: bool) -> None:
    """Take in an archive that `POST /api/v1/tenant/export` of any server has made, into the tenant of the key; for
    admins. What is there already stays as it is, so that an import that broke off is begun again.

    \b
    Example:
      promptyard import tenant.zip
    """
    imported: Counter[str] = Counter()
    there_already: Counter[str] = Counter()
    left_out: Counter[tuple[str, str]] = Counter()
    with connect() as client:
        for answer in client.tenant.import_archive(file.read_bytes()):
            imported.update(answer["imported"])
            there_already.update(answer["there_already"])
            left_out.update({(left["kind"], left["reason"]): left["count"] for left in answer["left_out"]})
    left = [{"kind": kind, "reason": reason, "count": count} for (kind, reason), count in left_out.items()]
    if as_json:
        show_json({"imported": imported, "there_already": there_already, "left_out": left})
        return
    rows = [(kind, f"{imported[kind]:,}", f"{there_already[kind]:,}") for kind in imported | there_already]
    show_table(("kind", "imported", "there already"), rows, numbers=("imported", "there already"))
    for (kind, reason), count in left_out.items():
        show_words(f"left out: {count:,} {kind}: {reason}")
