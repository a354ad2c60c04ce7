"""What a result was measured on, as a digest: scripts/evidence.py shows which results are of other
code than there is now."""
import hashlib
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def digest(unit, rooms=("rtl", "sw", "verif")):
    """Of a unit's files in these rooms; of whole rooms for no unit."""
    return digest_of(path for room in rooms
                     for path in sorted((ROOT / room / (unit or "")).rglob("*"))
                     if path.is_file() and "__pycache__" not in path.parts)


def digest_of(files, *texts):
    """Of the names and contents of files of the kit, and of texts."""
    total = hashlib.sha256()
    for path in files:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    for text in texts:
        total.update(text.encode() + b"\0")
    return total.hexdigest()[:16]
