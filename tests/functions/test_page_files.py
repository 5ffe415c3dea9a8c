"""The version of the page's files."""

from pathlib import Path

from functions.web.files import PageFiles


def test_any_change_of_any_file_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "index.html").write_text('<script src="static/main.js"></script>')
    (tmp_path / "lib" / "dom.js").write_text("export const a = 1\n")
    files = PageFiles(tmp_path)
    seen = [files.version()]
    (tmp_path / "lib" / "dom.js").write_text("export const a = 20\n")
    seen.append(files.version())
    (tmp_path / "lib" / "dom.js").rename(tmp_path / "lib" / "doc.js")
    seen.append(files.version())
    (tmp_path / "icon.svg").write_text("<svg/>")
    seen.append(files.version())
    assert len(set(seen)) == len(seen)
    assert files.page().content.decode() == f'<script src="static/{seen[-1]}/main.js"></script>'
    (tmp_path / "icon.svg").unlink()
    assert files.version() == seen[-2]
