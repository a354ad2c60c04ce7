#!/usr/bin/python3
"""Source-level mutants of the golden model, which the law tests must kill.

  scripts/mutate_golden.py round             every mutant of sw/round against verif/round/*_law.cpp
  scripts/mutate_golden.py all               every unit but gemm, whose survivors have no proofs
  scripts/mutate_golden.py --list dot        the mutants, numbered
  scripts/mutate_golden.py --show 17 dot     one mutant: where it is, what the tests say of it
  scripts/mutate_golden.py --where 'f(x) == 0' dot      only mutants whose text or place has this

libclang reads the headers of a unit. Each operator, constant, condition, statement and returned
value that can be something else becomes a call that takes the operands once and chooses by a
number in the environment (verif/mutate/mutants.hpp). So the laws are compiled once for all mutants
of a unit, and a mutant is one run, which ends at the first mismatch. The golden library is linked
as it is: its copies of the inline functions are hidden first.

A mutant that lives must be listed with its proof in verif/mutate/golden_equivalent.txt. Exit code:
0 when every mutant is killed or listed; 1 when one lives unlisted, or a listed one is killed or is
gone; 2 for wrong arguments or a build that fails.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

import inputs

try:
    from clang import cindex
    from clang.cindex import CursorKind as K
    from clang.cindex import TypeKind as T
except ImportError:
    sys.exit("mutate_golden: the Debian package python3-clang-14 is missing: make mutate-golden")

# The headers that are mutated, and the unit whose laws must notice. Headers of a fast function
# (*_fast.hpp) are declarations; they are measured against these.
UNITS = {
    "number": ["number/number.hpp"],
    "float": ["float/float.hpp"],
    "round": ["round/round.hpp"],
    "noise": ["noise/noise.hpp"],
    "convert": ["convert/convert.hpp", "convert/convert_bfp.hpp"],
    "chunk": ["chunk/chunk.hpp"],
    "dot": ["dot/dot.hpp"],
    "accumulate": ["accumulate/accumulate.hpp"],
    "mac": ["mac/mac.hpp"],
    "array": ["array/array.hpp"],
    "normalize": ["normalize/normalize.hpp"],
    "requantize": ["requantize/requantize.hpp"],
    "precision": ["precision/precision.hpp"],
    "gemm": ["gemm/gemm.hpp", "gemm/gemm_bfp.hpp"],
}
NAMES = {"file", "function", "code", "becomes"}  # that tell a mutant
EQUIVALENT = "verif/mutate/golden_equivalent.txt"

# The function that replaces an operator, and what its mutants make of `a op b`.
OPERATORS = {
    "+": ("plus", ["a - b", "a", "b"]),
    "-": ("minus", ["a + b", "a", "b"]),
    "*": ("times", ["a + b", "a", "b"]),
    "/": ("over", ["a * b", "a", "b"]),
    "%": ("modulo", ["a / b", "a", "b"]),
    "&": ("bit_and", ["a | b", "a", "b"]),
    "|": ("bit_or", ["a & b", "a ^ b", "a", "b"]),
    "^": ("bit_xor", ["a & b", "a | b", "a", "b"]),
    "<<": ("left", ["a >> b", "a"]),
    ">>": ("right", ["a << b", "a"]),
    "<": ("less", ["a <= b", "a != b", "false", "a >= b"]),
    ">": ("more", ["a >= b", "a != b", "false", "a <= b"]),
    "<=": ("at_most", ["a < b", "a == b", "true", "a > b"]),
    ">=": ("at_least", ["a > b", "a == b", "true", "a < b"]),
    "==": ("equal", ["a <= b", "a >= b", "false", "a != b"]),
    "!=": ("unequal", ["a < b", "a > b", "true", "a == b"]),
}
UNORDERED = {  # of truth values, enumerators and classes
    "==": ("same", ["false", "true", "a != b"]),
    "!=": ("other", ["true", "false", "a == b"]),
}
ASSIGNMENTS = {
    "+=": ("add_to", ["a -= b", "a = b"]),
    "-=": ("take_from", ["a += b", "a = b"]),
    "|=": ("or_into", ["a &= b", "a ^= b", "a = b"]),
    "&=": ("and_into", ["a |= b", "a = b"]),
    "^=": ("xor_into", ["a |= b", "a &= b", "a = b"]),
    "<<=": ("left_into", ["a >>= b"]),
    ">>=": ("right_into", ["a <<= b"]),
}
RELATIONS = {"<", ">", "<=", ">=", "==", "!="}
INTEGERS = {T.BOOL, T.CHAR_S, T.SCHAR, T.UCHAR, T.CHAR_U, T.SHORT, T.USHORT, T.INT, T.UINT, T.LONG,
            T.ULONG, T.LONGLONG, T.ULONGLONG, T.INT128, T.UINT128}
UNSIGNED = {T.UCHAR, T.CHAR_U, T.USHORT, T.UINT, T.ULONG, T.ULONGLONG, T.UINT128}
NUMBERS = INTEGERS | {T.FLOAT, T.DOUBLE, T.LONGDOUBLE}
FUNCTIONS = {K.FUNCTION_DECL, K.CXX_METHOD, K.FUNCTION_TEMPLATE, K.CONSTRUCTOR}
SKIPPED = {K.STATIC_ASSERT, K.ENUM_DECL, K.TYPE_ALIAS_DECL, K.TYPEDEF_DECL, K.STRING_LITERAL,
           K.TYPE_REF, K.TEMPLATE_REF, K.NAMESPACE_REF}


class Failure(Exception):
    """Ends the program with code 2 and this sentence."""


def plain(text):
    """Text on one line, comments and runs of spaces gone."""
    return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", " ", text)).strip()


class Mutant:
    def __init__(self, number, file, line, function, original, becomes):
        self.number, self.file, self.line, self.function = number, file, line, function
        self.original, self.becomes = original, becomes
        self.nth = 1
        self.result = self.by = None
        self.seconds = 0.0

    def key(self):
        return (self.file, self.function, self.original, self.becomes, self.nth)

    def __str__(self):
        nth = f" (no. {self.nth})" if self.nth > 1 else ""
        return (f"{self.number}: sw/{self.file}:{self.line} {self.function}: "
                f"{self.original}  ->  {self.becomes}{nth}")


class Rewriter:
    """Rewrites one header; mutants are appended to `mutants`."""

    def __init__(self, file, mutants):
        self.file, self.mutants = file, mutants
        self.path = os.path.join("sw", file)
        with open(self.path, "rb") as stream:
            self.bytes = stream.read()
        self.functions, self.outer = [], []
        resources = subprocess.run(["clang++", "-print-resource-dir"], capture_output=True,
                                   text=True, check=True).stdout.strip()
        index = cindex.Index.create()
        self.unit = index.parse(self.path, args=["-x", "c++", "-std=c++20", "-Isw", "-isystem",
                                                 resources + "/include"])
        errors = [d for d in self.unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        if errors:
            raise Failure(f"libclang cannot read {self.path}: {errors[0]}")

    # -- source text ----------------------------------------------------------------------------
    def source(self, start, end):
        return self.bytes[start:end].decode()

    def text(self, cursor):
        return self.source(cursor.extent.start.offset, cursor.extent.end.offset)

    def new(self, cursor, becomes, original=None):
        """A mutant of `cursor`: its number."""
        function = self.functions[-1] if self.functions else "-"
        mutant = Mutant(len(self.mutants) + 1, self.file, cursor.extent.start.line, function,
                        plain(original or self.text(cursor)), plain(becomes))
        self.mutants.append(mutant)
        return mutant.number

    def unsigned_zero(self, a, b):
        """Is a an unsigned number, and b the constant 0?"""
        return self.kind(self.bare(a)) in UNSIGNED and self.text(b).rstrip("uU") == "0"

    def new_binary(self, cursor, a, b, alternatives, left_out=()):
        """Mutants of `a op b`, in the order of `alternatives`; the number of the first."""
        first = len(self.mutants) + 1
        a, b = plain(self.text(a)), plain(self.text(b))
        def fill(form):
            return re.sub(r"\b[ab]\b", lambda m: a if m.group() == "a" else b, form)
        for form in alternatives:
            if form in left_out:
                self.mutants.append(None)
            else:
                self.new(cursor, fill(form))
        return first

    def rewrite_file(self):
        parts, at = [], 0
        for start, end, text in self.edits(self.unit.cursor):
            parts += [self.source(at, start), text]
            at = end
        return "".join(parts) + self.source(at, len(self.bytes))

    def edits(self, cursor, children=None):
        """(start, end, text) of the children that change, in order, without overlap."""
        found = []
        for child in cursor.get_children() if children is None else children:
            where = child.location.file or child.extent.start.file
            if where is None or os.path.normpath(where.name) != self.path:
                continue
            start, end = child.extent.start.offset, child.extent.end.offset
            if cursor.kind != K.TRANSLATION_UNIT and not (
                    cursor.extent.start.offset <= start and end <= cursor.extent.end.offset):
                continue
            if found and start < found[-1][1]:
                continue  # the same text again, as another view of it
            text = self.rewrite(child)
            if text is not None:
                found.append((start, end, text))
        return sorted(found)

    def substituted(self, cursor, children=None):
        """The text of `cursor` with its children rewritten, or None when nothing changes."""
        edits = self.edits(cursor, children)
        if not edits:
            return None
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        parts, at = [], start
        for a, b, text in edits:
            parts += [self.source(at, a), text]
            at = b
        return "".join(parts) + self.source(at, end)

    def inner(self, cursor, children=None):
        return self.substituted(cursor, children) or self.text(cursor)

    def value(self, cursor):
        """The text of `cursor`, rewritten where it changes."""
        return self.rewrite(cursor) or self.text(cursor)

    # -- what a cursor is -----------------------------------------------------------------------
    @staticmethod
    def bare(cursor):
        """Without parentheses and implicit conversions."""
        while cursor.kind in (K.PAREN_EXPR, K.UNEXPOSED_EXPR):
            children = list(cursor.get_children())
            if len(children) != 1:
                return cursor
            cursor = children[0]
        return cursor

    def operator(self, cursor):
        """The operator of a binary expression: what stands between its operands."""
        a, b = cursor.get_children()
        between = self.source(a.extent.end.offset, b.extent.start.offset)
        return re.sub(r"//[^\n]*", "", between).strip()

    @staticmethod
    def kind(cursor):
        return cursor.type.get_canonical().kind

    # -- rewriting ------------------------------------------------------------------------------
    def rewrite(self, cursor):
        self.outer.append(cursor)
        try:
            return self.rewritten(cursor)
        finally:
            self.outer.pop()

    def rewritten(self, cursor):
        kind = cursor.kind
        if kind in SKIPPED or self.text(cursor).startswith(("assert(", "static_assert(")):
            return None
        if kind in FUNCTIONS:
            return self.function(cursor)
        if kind in (K.VAR_DECL, K.FIELD_DECL, K.PARM_DECL):
            return self.declaration(cursor)
        if kind == K.COMPOUND_STMT:
            return self.substituted_statements(cursor, list(cursor.get_children()))
        handler = {
            K.BINARY_OPERATOR: self.binary,
            K.COMPOUND_ASSIGNMENT_OPERATOR: self.compound,
            K.UNARY_OPERATOR: self.unary,
            K.INTEGER_LITERAL: self.integer,
            K.CXX_BOOL_LITERAL_EXPR: self.truth,
            K.DECL_REF_EXPR: self.named_constant,
            K.CALL_EXPR: self.call,
            K.CONDITIONAL_OPERATOR: self.conditional,
            K.IF_STMT: self.branch,
            K.WHILE_STMT: self.loop,
            K.FOR_STMT: self.loop,
            K.CXX_FOR_RANGE_STMT: self.range_loop,
            K.CASE_STMT: self.case,
            K.DEFAULT_STMT: self.case,
            K.RETURN_STMT: self.returned,
            K.LAMBDA_EXPR: self.lambda_body,
        }.get(kind, self.substituted)
        return handler(cursor)

    def function(self, cursor):
        if not cursor.is_definition() or cursor.is_default_method():
            return None
        owner = cursor.semantic_parent
        name = cursor.spelling
        if owner.kind in (K.STRUCT_DECL, K.CLASS_DECL):
            name = f"{owner.spelling}::{name}"
        self.functions.append(name)
        body = [c for c in cursor.get_children()
                if c.kind in (K.COMPOUND_STMT, K.PARM_DECL) or c.kind.is_expression()]
        result = self.substituted(cursor, body)
        self.functions.pop()
        return result

    def declaration(self, cursor):
        head = self.source(cursor.extent.start.offset, cursor.location.offset)
        if re.search(r"\bconstexpr\b", head):
            return None
        parent = cursor.semantic_parent
        if cursor.kind == K.FIELD_DECL:
            if parent.spelling == "Format":
                return None  # constants of the presets; every preset has a law of its own
            self.functions.append(parent.spelling)
        children = [c for c in cursor.get_children()
                    if c.extent.start.offset > cursor.location.offset]
        result = self.substituted(cursor, children)
        if cursor.kind == K.FIELD_DECL:
            self.functions.pop()
        return result

    def removable(self, cursor):
        bare = self.bare(cursor)
        text = self.text(cursor)
        if bare.kind == K.CALL_EXPR:
            if re.search(r"\breserve\(", text):
                return False  # changes no value
            return not re.match(r"(assert|static_assert)\(", text)
        if bare.kind == K.UNARY_OPERATOR:
            return "++" in text or "--" in text
        if bare.kind == K.BINARY_OPERATOR:
            return self.operator(bare) == "="
        return bare.kind == K.COMPOUND_ASSIGNMENT_OPERATOR

    def statement(self, cursor):
        """A statement, which may also be left out."""
        if not cursor.kind.is_expression() or not self.removable(cursor):
            return self.rewrite(cursor)
        number = self.new(cursor, "(nothing)")
        return f"(rh_mutate::on({number}) ? (void)0 : (void)({self.value(cursor)}))"

    def substituted_statements(self, cursor, statements):
        wanted = {c.hash for c in statements}
        edits = []
        for child in cursor.get_children():
            start, end = child.extent.start.offset, child.extent.end.offset
            if edits and start < edits[-1][1]:
                continue
            text = self.statement(child) if child.hash in wanted else self.rewrite(child)
            if text is not None:
                edits.append((start, end, text))
        if not edits:
            return None
        parts, at = [], cursor.extent.start.offset
        for a, b, text in sorted(edits):
            parts += [self.source(at, a), text]
            at = b
        return "".join(parts) + self.source(at, cursor.extent.end.offset)

    def condition(self, cursor):
        """A condition: true and false instead, unless it is a relation, whose mutants say more."""
        bare = self.bare(cursor)
        inner = self.value(cursor)
        relation = (bare.kind == K.BINARY_OPERATOR and
                    self.operator(bare) in RELATIONS | {"&&", "||"})
        if relation or bare.kind in (K.CXX_BOOL_LITERAL_EXPR, K.VAR_DECL):
            return inner
        first = self.new(cursor, "true")
        self.new(cursor, "false")
        return f"rh_mutate::condition({first}, static_cast<bool>({inner}))"

    def with_condition(self, cursor, which, statements):
        """`cursor` with child `which` as a condition and the children `statements` removable."""
        children = list(cursor.get_children())
        edits = []
        for i, child in enumerate(children):
            start, end = child.extent.start.offset, child.extent.end.offset
            if i == which:
                text = self.condition(child)
            elif i in statements:
                text = self.statement(child)
            else:
                text = self.rewrite(child)
            if text is not None:
                edits.append((start, end, text))
        parts, at = [], cursor.extent.start.offset
        for a, b, text in edits:
            parts += [self.source(at, a), text]
            at = b
        return "".join(parts) + self.source(at, cursor.extent.end.offset)

    def branch(self, cursor):
        children = list(cursor.get_children())
        if children[0].kind == K.DECL_STMT:
            raise Failure(f"{self.path}:{cursor.location.line}: a declaration in an if")
        return self.with_condition(cursor, 0, range(1, len(children)))

    def loop(self, cursor):
        children = list(cursor.get_children())
        if cursor.kind == K.WHILE_STMT:
            return self.with_condition(cursor, 0, [1])
        # Parts of a for may be missing: the condition is the first that is a truth value.
        truths = [i for i, c in enumerate(children[:-1])
                  if c.kind.is_expression() and (self.kind(c) == T.BOOL or (
                      self.bare(c).kind == K.BINARY_OPERATOR and
                      self.operator(self.bare(c)) in RELATIONS))]
        which = truths[0] if truths else -1
        return self.with_condition(cursor, which, [len(children) - 1])

    def counts_up(self, cursor):
        """Is it for (T i = ...; i < n; ++i)? Then i != n is the same: i starts below."""
        return cursor.kind == K.FOR_STMT and bool(
            re.match(r"for \([\w:]+ (\w+) = [^;]+; \1 < [^;]+; \+\+\1[,)]",
                     plain(self.text(cursor))))

    def range_loop(self, cursor):
        body = list(cursor.get_children())[-1]
        text = self.statement(body)
        if text is None:
            return None
        return self.source(cursor.extent.start.offset, body.extent.start.offset) + text

    def case(self, cursor):
        body = list(cursor.get_children())[-1]
        text = self.statement(body)
        if text is None:
            return None
        return self.source(cursor.extent.start.offset, body.extent.start.offset) + text

    def conditional(self, cursor):
        return self.with_condition(cursor, 0, [])

    def lambda_body(self, cursor):
        return self.substituted(cursor, [c for c in cursor.get_children()
                                         if c.kind == K.COMPOUND_STMT])

    def binary(self, cursor):
        a, b = cursor.get_children()
        op = self.operator(cursor)
        if op == "=":
            right = self.rewrite(b)
            left = self.rewrite(a)
            if right is None and left is None:
                return None
            return f"{left or self.text(a)} = {right or self.text(b)}"
        if op in ("&&", "||"):
            first = self.new_binary(cursor, a, b, ["a || b" if op == "&&" else "a && b", "b", "a"])
            name = "and" if op == "&&" else "or"
            return (f"(rh_mutate::{name}_needs({first}, static_cast<bool>({self.value(a)})) ? "
                    f"rh_mutate::{name}_right({first}, static_cast<bool>({self.value(b)})) : "
                    f"rh_mutate::{name}_else({first}))")
        kinds = {self.kind(self.bare(a)), self.kind(self.bare(b)), self.kind(a), self.kind(b)}
        dependent = bool(kinds & {T.DEPENDENT, T.UNEXPOSED})
        table = OPERATORS
        if kinds & {T.POINTER, T.RECORD}:
            return self.substituted(cursor)
        if T.ENUM in kinds and op in RELATIONS or kinds <= {T.BOOL}:
            table = UNORDERED
        if op not in table or dependent and op == "<<":
            return self.substituted(cursor)
        if not dependent and not kinds <= NUMBERS | {T.ENUM}:
            return self.substituted(cursor)
        name, alternatives = table[op]
        left_out = ()
        if self.unsigned_zero(a, b):  # the same for numbers without a sign
            left_out = {"!=": ("a > b",), "==": ("a <= b",), ">": ("a != b",)}.get(op, ())
        if op == "<" and len(self.outer) > 1 and self.counts_up(self.outer[-2]):
            left_out = ("a != b",)
        first = self.new_binary(cursor, a, b, alternatives, left_out)
        return f"rh_mutate::{name}({first}, {self.value(a)}, {self.value(b)})"

    def compound(self, cursor):
        a, b = cursor.get_children()
        op = self.operator(cursor)
        if op not in ASSIGNMENTS:
            return self.substituted(cursor)
        name, alternatives = ASSIGNMENTS[op]
        first = self.new_binary(cursor, a, b, alternatives)
        return f"rh_mutate::{name}({first}, {self.value(a)}, {self.value(b)})"

    def unary(self, cursor):
        (operand,) = cursor.get_children()
        text = self.text(cursor)
        if operand.extent.start.offset <= cursor.extent.start.offset and \
                not text.endswith(("++", "--")):
            return None  # C++20 has rewritten a != b as !(a == b)
        inner = self.value(operand)
        written = plain(self.text(operand))
        if self.bare(operand).kind == K.INTEGER_LITERAL and text.startswith("-"):
            return f"-{inner}" if inner != self.text(operand) else None
        if text.startswith(("++", "--")):
            number = self.new(cursor, ("--" if text[0] == "+" else "++") + written)
            return f"(rh_mutate::on({number}) ? --{inner} : ++{inner})" if text[0] == "+" else \
                   f"(rh_mutate::on({number}) ? ++{inner} : --{inner})"
        if text.endswith("--"):
            number = self.new(cursor, written + "++")
            return f"(rh_mutate::on({number}) ? {inner}++ : {inner}--)"
        name = {"-": "negate", "~": "invert", "!": "logical_not"}.get(text[0])
        if name is None or self.kind(operand) not in NUMBERS and name != "logical_not":
            return self.substituted(cursor)
        number = self.new(cursor, written)
        if name == "logical_not":
            inner = f"static_cast<bool>({inner})"
        return f"rh_mutate::{name}({number}, {inner})"

    @staticmethod
    def shown(form):
        """A small decimal constant as its value: (2 + 1) is 3."""
        match = re.fullmatch(r"\((\d{1,3})([uUlL]*) ([+-]) 1\2\)", form)
        if not match:
            return form
        return f"{int(match.group(1)) + (1 if match.group(3) == '+' else -1)}{match.group(2)}"

    def alternatives(self, cursor, forms):
        """Mutants of a constant, told by the smallest expression around it that says more."""
        text = self.text(cursor)
        around = next((c for c in reversed(self.outer) if len(self.text(c)) > len(text) and
                       (c.kind.is_expression() or c.kind.is_statement() or
                        c.kind.is_declaration())), cursor)
        start, end = (cursor.extent.start.offset, cursor.extent.end.offset)
        before = self.source(around.extent.start.offset, start)
        after = self.source(end, around.extent.end.offset)
        if len(plain(before + text + after)) > 90 or not before + after:
            before = after = ""
        parts = []
        for form in forms:
            number = self.new(cursor, before + self.shown(form) + after, before + text + after)
            parts.append(f"rh_mutate::on({number}) ? {form} : ")
        return f"({''.join(parts)}{text})"

    def integer(self, cursor):
        text = self.text(cursor)
        digits = text.replace("'", "").rstrip("uUlL")
        try:
            value = int(digits, 0)
        except ValueError:
            return None
        suffix = "" if text[-1] not in "uUlL" else re.search(r"[uUlL]+$", text).group()
        forms = [f"({text} + 1{suffix})"]
        if value == 0:
            forms.append(f"({text} - 1{suffix})")
        else:
            forms.append(f"({text} - 1{suffix})")
            if value > 1:
                forms.append(f"0{suffix}")
        return self.alternatives(cursor, forms)

    def truth(self, cursor):
        return self.alternatives(cursor, ["false" if self.text(cursor) == "true" else "true"])

    def named_constant(self, cursor):
        target = cursor.referenced
        if target is None:
            return None
        text = self.text(cursor)
        if target.kind == K.ENUM_CONSTANT_DECL:
            names = [c.spelling for c in target.semantic_parent.get_children()
                     if c.kind == K.ENUM_CONSTANT_DECL]
            at = names.index(target.spelling)
            scope = text[:len(text) - len(target.spelling)]
            near = {at - 1, at + 1} & set(range(len(names)))
            return self.alternatives(cursor, [scope + names[i] for i in sorted(near)])
        if target.kind == K.VAR_DECL and target.spelling.startswith("k") and \
                target.semantic_parent.kind in (K.NAMESPACE, K.STRUCT_DECL, K.CLASS_DECL) and \
                self.kind(cursor) in INTEGERS:
            return self.alternatives(cursor, [f"({text} + 1)", f"({text} - 1)"])
        return None

    def call(self, cursor):
        text = self.text(cursor)
        match = re.match(r"std::(min|max|clamp)(<[\w:]+>)?\(", text)
        children = list(cursor.get_children())
        arguments = list(cursor.get_arguments())
        if match and len(arguments) > 1:  # one: a conversion of the result, of the same text
            name = match.group(1)
            written = [plain(self.text(a)) for a in arguments]
            listed = ", ".join(written)
            if name == "clamp":
                x, low, high = written
                first = self.new(cursor, f"std::max({x}, {low})")
                self.new(cursor, f"std::min({x}, {high})")
            else:
                other = "max" if name == "min" else "min"
                first = self.new(cursor, f"std::{other}({listed})")
                self.new(cursor, written[0])
                self.new(cursor, written[1])
            values = ", ".join(self.value(a) for a in arguments)
            return f"rh_mutate::{name}{match.group(2) or ''}({first}, {values})"
        return self.substituted(cursor, sorted(children, key=lambda c: c.extent.start.offset))

    def returned(self, cursor):
        children = list(cursor.get_children())
        if not children:
            return None
        value = children[0]
        bare = self.bare(value)
        inner = self.value(value)
        kind = self.kind(value)
        plain_value = bare.kind in (K.INTEGER_LITERAL, K.CXX_BOOL_LITERAL_EXPR) or (
            bare.kind == K.BINARY_OPERATOR and self.operator(bare) in RELATIONS) or (
            bare.kind == K.DECL_REF_EXPR and bare.referenced is not None and
            bare.referenced.spelling.startswith("k"))
        if not plain_value and kind == T.BOOL:
            first = self.new(value, "true", f"return {self.text(value)}")
            self.new(value, "false", f"return {self.text(value)}")
            inner = f"rh_mutate::condition({first}, static_cast<bool>({inner}))"
        elif not plain_value and kind in INTEGERS:
            first = self.new(value, "0", f"return {self.text(value)}")
            self.new(value, f"{self.text(value)} + 1", f"return {self.text(value)}")
            inner = f"rh_mutate::returned({first}, {inner})"
        return f"return {inner}"


def mutants_of(unit, folder):
    """Rewrites the headers of a unit into `folder`; the mutants."""
    mutants = []
    for file in UNITS[unit]:
        text = Rewriter(file, mutants).rewrite_file()
        path = os.path.join(folder, file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    mutants = [m for m in mutants if m is not None]
    seen = collections.Counter()
    for mutant in mutants:
        place = (mutant.file, mutant.function, mutant.original, mutant.becomes)
        seen[place] += 1
        mutant.nth = seen[place]
    return mutants


# -- building -----------------------------------------------------------------------------------
FLAGS = ["-std=c++20", "-O1", "-g0", "-pthread", "-ffp-contract=off", "-w",
         "-Wno-invalid-constexpr", "-Wno-c++11-narrowing", "-D_GLIBCXX_ASSERTIONS",
         "-DCATCH_CONFIG_RUNTIME_STATIC_REQUIRE",
         "-fsanitize=signed-integer-overflow,shift,integer-divide-by-zero,bounds,null,unreachable",
         "-fsanitize-trap=all"]


def run(command, what):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{what} failed: {' '.join(command)}\n{done.stdout}{done.stderr[:4000]}")
    return done.stdout


def hidden_library(build, folder):
    """The golden library as one object that shares no inline function with the laws."""
    library, whole = os.path.join(build, "libroundhouse.a"), os.path.join(folder, "library.o")
    if os.path.exists(whole) and os.path.getmtime(whole) > os.path.getmtime(library):
        return whole
    os.makedirs(folder, exist_ok=True)
    run(["ld", "-r", "--force-group-allocation", "-o", whole + ".tmp", "--whole-archive", library],
        "linking the golden library")
    weak = os.path.join(folder, "weak.txt")
    names = [line.split()[-1] for line in run(["nm", whole + ".tmp"], "nm").splitlines()
             if re.match(r"\S+ [WVu] ", line)]
    with open(weak, "w", encoding="utf-8") as stream:
        stream.write("".join(name + "\n" for name in names))
    run(["objcopy", f"--localize-symbols={weak}", whole + ".tmp"], "objcopy")
    os.replace(whole + ".tmp", whole)
    return whole


def build_laws(unit, build, folder, jobs):
    """The law tests of a unit with all its mutants: the program's path."""
    include = os.path.join(folder, "include")
    sources = sorted(glob.glob(f"verif/{unit}/*_law.cpp"))
    if not sources:
        raise Failure(f"{unit}: there is no verif/{unit}/*_law.cpp")
    compiler = (["ccache"] if shutil.which("ccache") else []) + ["clang++"]
    def compile_one(source):
        out = os.path.join(folder, os.path.basename(source)[:-4] + ".o")
        run(compiler + FLAGS + [f"-I{include}", "-Isw", "-Iverif", "-include",
                                "verif/mutate/mutants.hpp", "-c", source, "-o", out],
            f"compiling {source} with the mutants of {unit}")
        return out
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        objects = list(pool.map(compile_one, sources))
    program = os.path.join(folder, "laws")
    catch = "-lCatch2" if os.path.exists("/usr/include/catch2/catch_all.hpp") else None
    run(["clang++", *FLAGS, "-o", program, *objects,
         *sorted(glob.glob(os.path.join(build, "obj/verif/bench/*.o"))),
         *(os.path.join(build, "verilated", name) for name in
           ("verilated.o", "verilated_threads.o")),  # main() sets what models start from
         hidden_library(build, os.path.join(build, "mutate_golden")), "-lopenblas", "-latomic",
         "-ldl", *([catch] if catch else [])], f"linking the laws of {unit}")
    return program


MEMORY = 4 << 30  # bytes: a mutant may push to a vector without end


# -- running ------------------------------------------------------------------------------------
class Laws:
    """The program of a unit's laws, its cases sorted so that quick ones run first."""

    def __init__(self, program, folder, patience, quick_only=False):
        self.program, self.folder = os.path.abspath(program), folder
        self.limit = 600
        durations = self.durations(quick_only)
        # What takes a quarter of a second together, what takes a second together, then one by one.
        self.stages = []  # (arguments, time limit, seconds)
        rest = sorted(durations, key=durations.get)
        for stem, most in (("instant", 0.25), ("quick", 1.0)):
            cases, total = [], 0.0
            while rest and total + durations[rest[0]] <= most:
                total += durations[rest[0]]
                cases.append(rest.pop(0))
            if cases:
                self.stages.append((self.names(stem, cases), max(2.0, patience * total), total))
        self.quick = len(self.stages)
        for i, name in enumerate(rest):
            self.stages.append((self.names(f"slow{i}", [name]),
                                max(2.0, patience * durations[name]), durations[name]))
        self.quick_only = quick_only
        if quick_only:
            for arguments, _, _ in self.stages[:self.quick]:
                result, said, _ = self.execute(0, arguments)
                if result != "survived":
                    raise Failure(f"the laws fail without a mutant: {said}")
        self.kills = [0] * len(self.stages)

    def durations(self, known_will_do):
        """Seconds of the processor that each case takes without a mutant."""
        path = os.path.join(self.folder, "durations.json")
        if known_will_do and os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                known = json.load(stream)
            # Catch2 ends with the number of cases here. A new case counts as quick.
            names = subprocess.run([self.program, "--list-test-names-only"], capture_output=True,
                                   text=True, check=False).stdout.splitlines()
            return {name: known.get(name, 0.01) for name in names if name.strip()}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result, said, seconds = self.execute(0, ["-d", "yes"])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if result != "survived":
            raise Failure(f"the laws fail without a mutant: {said}")
        share = min(1.0, (after.ru_utime - before.ru_utime) / max(seconds, 1e-3))
        found = {m.group(2): share * float(m.group(1))
                 for m in re.finditer(r"^([\d.]+) s: (.+)$", self.stdout, re.M)}
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(found, stream, indent=1)
        return found

    def names(self, stem, cases):
        path = os.path.join(self.folder, stem + ".txt")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write("".join(name.replace(",", "\\,") + "\n" for name in cases))
        return ["-f", os.path.abspath(path)]

    def execute(self, number, arguments, limit=None):
        """('survived' | 'killed' | 'killed by time', by what, seconds)."""
        limit = int(limit or self.limit)
        command = ["prlimit", f"--cpu={limit}", f"--as={MEMORY}", self.program, "--abort",
                   "--rng-seed", "1", *arguments]
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, errors="replace",
                                   env={**os.environ, "GOLDEN_MUTANT": str(number)})
        late = threading.Event()
        def give_up():
            late.set()
            process.kill()
        timer = threading.Timer(60 + 20 * limit, give_up)  # if it waits for something
        timer.start()
        lines = []
        reader = threading.Thread(target=lambda: lines.append(process.stdout.read()))
        reader.start()
        by = None
        for line in process.stderr:  # a mismatch fails its test: no need to wait for the end of it
            if by is None and line.startswith("mismatch:"):
                by = line.strip()
                process.kill()
            elif by is None and "Assertion" in line:
                by = "assertion: " + line.strip()
        code = process.wait()
        timer.cancel()
        reader.join()
        self.stdout = "".join(lines)
        seconds = time.monotonic() - started
        if by is None and (late.is_set() or code in (-signal.SIGKILL, -signal.SIGXCPU)):
            return "killed by time", f"no end within {limit} s", seconds
        if code == 0 and by is None:
            if "No test cases matched" in self.stdout or "No tests ran" in self.stdout:
                raise Failure(f"no test case was run by {' '.join(command)}")
            return "survived", "", seconds
        if by is None:
            failed = re.search(r"^(\S+?:\d+): FAILED:\n(.*)", self.stdout, re.M)
            by = (f"{failed.group(1)}: {failed.group(2).strip()}" if failed
                  else f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}")
        return "killed", by, seconds

    def try_mutant(self, mutant, quick_only):
        """The quick cases first, then those that killed most in the time they take."""
        order = list(range(self.quick))
        if not quick_only and not self.quick_only:
            order += sorted(range(self.quick, len(self.stages)),
                            key=lambda i: -(1 + self.kills[i]) / self.stages[i][2])
        for i in order:
            arguments, limit, _ = self.stages[i]
            mutant.result, mutant.by, seconds = self.execute(mutant.number, arguments, limit)
            mutant.seconds += seconds
            if mutant.result != "survived":
                self.kills[i] += 1
                return


# -- the list of equivalent mutants -------------------------------------------------------------
def read_records(path, wanted):
    """{key of a mutant: proof} from records of `name: value` lines, blank lines between them."""
    listed, record, field = {}, {}, None
    def finish(line):
        if not record:
            return
        missing = wanted - set(record)
        if missing:
            raise Failure(f"{path}:{line}: the record above has no {sorted(missing)[0]}")
        for nth in record.get("nth", "1").split():
            for becomes in record["becomes"]:
                key = (record["file"], record["function"], record["code"], becomes, int(nth))
                if key in listed:
                    raise Failure(f"{path}:{line}: the record above is a second one of {key}")
                listed[key] = record.get("proof", "")
        record.clear()
    if not os.path.exists(path):
        return listed
    with open(path, encoding="utf-8") as stream:
        number = 0
        for number, line in enumerate(stream, 1):
            line = line.rstrip()
            if line.startswith("#"):
                continue
            if not line:
                finish(number)
            elif line.startswith("  ") and field == "proof":
                record[field] += " " + line.strip()
            else:
                match = re.match(r"(file|function|code|becomes|nth|proof): (.+)$", line)
                if not match:
                    raise Failure(f"{path}:{number}: not a line 'name: value': {line}")
                field = match.group(1)
                if field == "becomes":  # several lines: several mutants with one proof
                    record.setdefault(field, []).append(match.group(2))
                else:
                    record[field] = match.group(2)
        finish(number)
    return listed


def write_records(mutants, path):
    """Mutants in the form of the list, their proofs to be filled in."""
    with open(path, "w", encoding="utf-8") as stream:
        last = None
        for m in mutants:
            place = (m.file, m.function, m.original, m.nth)
            if place != last:
                nth = f"nth: {m.nth}\n" if m.nth > 1 else ""
                stream.write(f"\nfile: {m.file}\nfunction: {m.function}\ncode: {m.original}\n{nth}")
            last = place
            stream.write(f"becomes: {m.becomes}\n")


def work(unit, options, listed):
    folder = os.path.join(options.build, "mutate_golden", unit)
    shutil.rmtree(os.path.join(folder, "include"), ignore_errors=True)
    started = time.monotonic()
    mutants = mutants_of(unit, os.path.join(folder, "include"))
    chosen = [m for m in mutants if (not options.where or options.where in str(m)) and
              (not options.show or m.number == options.show)]
    lived = os.path.join(folder, "survived.txt")
    if options.again:
        before = read_records(lived, NAMES)
        chosen = [m for m in chosen if m.key() in before]
    part = options.where or options.show or options.again
    if options.list:
        for mutant in chosen:
            print(mutant)
        return True
    laws = Laws(build_laws(unit, options.build, folder, options.jobs), folder, options.patience,
                options.quick)
    built = time.monotonic() - started
    def try_one(mutant):
        laws.try_mutant(mutant, mutant.key() in listed and not options.thorough)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for i, _ in enumerate(pool.map(try_one, chosen), 1):
            if i % 50 == 0:
                live = sum(m.result == "survived" for m in chosen[:i])
                print(f"{unit}: {i} of {len(chosen)}, {live} live", file=sys.stderr, flush=True)
    good, lives = True, []
    counts = collections.Counter()
    rows = []
    for mutant in chosen:
        proof = listed.get(mutant.key())
        result = mutant.result
        if result == "survived":
            result = "equivalent" if proof else "survived"
        if result == "survived":
            print(f"{unit}: survived {mutant}")
            lives.append(mutant)
            good = False
        elif proof and result != "equivalent":
            print(f"{unit}: listed as equivalent, but {result} ({mutant.by}): {mutant}")
            good = False
        if options.show:
            print(f"{mutant}\n  {mutant.result} in {mutant.seconds:.2f} s {mutant.by}")
        counts[result] += 1
        row = {"mutant": mutant.number, "file": mutant.file, "line": mutant.line,
               "function": mutant.function, "code": mutant.original, "becomes": mutant.becomes,
               "nth": mutant.nth, "result": result, "seconds": round(mutant.seconds, 3)}
        if result == "equivalent":
            row["proof"] = proof
        elif mutant.by:
            row["by"] = mutant.by[:200]
        rows.append(row)
    write_records(lives, lived)
    if not part:
        keys = {m.key() for m in mutants}
        for key in listed:
            if key[0] in UNITS[unit] and key not in keys:
                print(f"{unit}: listed as equivalent, but there is no such mutant: {key}")
                good = False
    seconds = time.monotonic() - started
    print(f"{unit:<11} {len(chosen):5} mutants: {counts['killed']:5} killed, "
          f"{counts['killed by time']:3} killed by time, {counts['equivalent']:3} equivalent, "
          f"{counts['survived']:3} survived; {seconds:.0f} s, of them {built:.0f} to build and to "
          f"run the laws once")
    if not part and not options.quick:
        os.makedirs(options.out, exist_ok=True)
        path = os.path.join(options.out, unit + ".json")
        with open(path + ".tmp", "w", encoding="utf-8") as stream:
            json.dump({"command": f"make mutate-golden UNIT={unit}", "unit": unit,
                       "inputs": inputs.digest(unit, ("sw", "verif")),
                       "headers": UNITS[unit], "mutants": len(chosen), "killed": counts["killed"],
                       "killed_by_time": counts["killed by time"],
                       "equivalent": counts["equivalent"], "survived": counts["survived"],
                       "seconds": round(seconds, 1), "rows": rows}, stream, indent=1)
        os.replace(path + ".tmp", path)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="+", metavar="UNIT", help=", ".join(UNITS) + ", or all")
    parser.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    parser.add_argument("--where", metavar="TEXT",
                        help="only mutants with TEXT in their line of --list")
    parser.add_argument("--show", type=int, metavar="N", help="only mutant N, and what kills it")
    parser.add_argument("--again", action="store_true",
                        help="only the mutants that lived unlisted in the last run")
    parser.add_argument("--quick", action="store_true",
                        help="only cases of a second together, no results: while writing laws")
    parser.add_argument("--thorough", action="store_true",
                        help="all cases for the listed ones, too; else those of --quick")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time (default 2)")
    parser.add_argument("--patience", type=float, default=5, metavar="X",
                        help="a run that takes X times as long as without a mutant is killed "
                             "(default 5, and 2 s at least)")
    parser.add_argument("--build", default="build", help="where libroundhouse.a is (default build)")
    parser.add_argument("--out", default="build/evidence/golden", help="where results go")
    options = parser.parse_args()
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    units = [u for u in UNITS if u != "gemm"] if options.units == ["all"] else options.units
    unknown = [unit for unit in units if unit not in UNITS]
    if unknown:
        parser.error(f"unit {unknown[0]}: there are {', '.join(UNITS)}, and all")
    if options.jobs < 1:
        parser.error(f"--jobs {options.jobs}: at least 1")
    try:
        listed = read_records(EQUIVALENT, NAMES | {"proof"})
        results = [work(unit, options, listed) for unit in units]
    except Failure as failure:
        print(f"mutate_golden: {failure}", file=sys.stderr)
        return 2
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
