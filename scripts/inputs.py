"""What a result was measured on, as a digest: scripts/evidence.py shows which results are of other
code than there is now."""
import hashlib
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def digest(unit, rooms=("rtl", "sw", "verif")):
    """Of the names and contents of a unit's files in these rooms; of whole rooms for no unit."""
    total = hashlib.sha256()
    for room in rooms:
        for path in sorted((ROOT / room / (unit or "")).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(str(path.relative_to(ROOT)).encode() + b"\0")
                total.update(path.read_bytes() + b"\0")
    return total.hexdigest()[:16]
