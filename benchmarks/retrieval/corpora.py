# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Texts with items to find in them, and questions whose answers are known: XQuAD's paragraphs, the articles of laws.

What is an article is found here by a pattern of its own, not by the project's chunker, which is what is measured.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from ingest import open_source
from ingest.chunking.front_matter import find_front_matter
from ingest.model import Document

_ARTICLE = re.compile(
    r"^[ \t]*(?:#{1,6} )?(?:Điều \d[\w.]*?\.?(?=[ \t]+[^\W\d_])|제\d+조(?:의\d+)?(?=[ (]))[ \t]*"
    r"(?P<title>\([^)\n]*\)|[^\n]*)",
    re.MULTILINE,
)
_HEADING = re.compile(r"^[ \t]*(?:#{1,6} |Chương [IVXL\d]+\b|Mục \d+\b|제\d+[편장절](?=\s)|부[ \t]*칙)", re.MULTILINE)
_LEAST = 20  # characters of an article behind its title: with less it is a line in a table of contents
_SENTENCE = re.compile(r"[^\n.;:?!]{40,300}[.;:?!](?=\s)")
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+(?=\S)")
_ANSWERS, _LONGEST_ANSWER = (1_000, 2_000, 3_000), 4_000  # characters that answers have at least, in turns; at most
_SHORT = 3  # of so many rows one is answered in a sentence
_CLAUSE = re.compile(r"^[ \t]*(?:\d{1,2}\.|[①-⑳])[ \t]*(?P<words>[^\n]{40,})", re.MULTILINE)
_OPENING = 8  # words of a clause that a question begins with
_LEFT_OUT = 3  # nobody quotes: each third word of a sentence is left out


@dataclass(frozen=True, slots=True)
class Item:
    """What a search is to find: the slice `text[start:end]` of the document at an index."""

    document: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the indices of the items that answer it."""

    text: str
    relevant: frozenset[int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents, the items in them, and by their kind the questions.

    script: "ko" or "latin", as words are told apart.
    """

    name: str
    script: str
    documents: Sequence[Document]
    items: Sequence[Item]
    questions: Mapping[str, Sequence[Question]]


def read_xquad(folder: Path, language: str) -> Corpus:
    """Read XQuAD as a folder of Markdown files: one for each title, with its paragraphs under it."""
    entries, queries = (
        _read_lines(folder / f"corpus.{language}.jsonl"),
        _read_lines(folder / f"queries.{language}.jsonl"),
    )
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for entry in entries:
        groups[entry["title"]].append(entry)
    documents: list[Document] = []
    items: list[Item] = []
    places: dict[str, int] = {}
    for title, group in groups.items():
        text = f"# {title.replace('_', ' ')}"
        for entry in group:
            start = len(text) + 2
            text += "\n\n" + " ".join(entry["text"].split())
            places[entry["id"]] = len(items)
            items.append(Item(len(documents), start, len(text)))
        documents.append(Document(f"{title}.md", text))
    questions = [Question(query["text"], frozenset(places[place] for place in query["relevant"])) for query in queries]
    return Corpus(f"xquad {language}", "latin", documents, items, {"question": questions})


def read_answers(folder: Path, language: str) -> Corpus:
    """Make a workbook's rows of XQuAD: an answer is several paragraphs of one title, 1,000 to 4,000 characters.

    Of three answers one is only the last sentence of its paragraphs. An answer stands behind the first question on it.
    A row is asked for by that question, by the others on it where it is whole, and by the last sentence of the answer.
    """
    paragraphs = read_xquad(folder, language)
    documents: list[Document] = []
    items: list[Item] = []
    asked: dict[str, list[Question]] = defaultdict(list)
    for numbers in _group_paragraphs(paragraphs):
        own = [paragraphs.items[number] for number in numbers]
        text = paragraphs.documents[own[0].document].text[own[0].start : own[-1].end]
        first, *others = [each.text for each in paragraphs.questions["question"] if each.relevant & set(numbers)]
        last = _SENTENCE_ENDS.split(text)[-1]
        if len(items) % _SHORT == 0:
            text, others = last, []
        row = frozenset([len(items)])
        asked["its question"].append(Question(first, row))
        asked["other question"] += [Question(words, row) for words in others]
        asked["last sentence"].append(Question(last, row))
        items.append(Item(len(documents), 0, len(text)))
        documents.append(Document("answers.xlsx", text, first, row=len(documents) + 2))
    return Corpus(f"answers {language}", "latin", documents, items, dict(asked))


def _group_paragraphs(corpus: Corpus) -> Iterator[list[int]]:
    """Join neighbours of one document until they are long enough for an answer; what is left over is dropped."""
    numbers: list[int] = []
    for number, item in enumerate(corpus.items):
        if numbers and corpus.items[numbers[0]].document != item.document:
            numbers = []
        numbers.append(number)
        length = item.end - corpus.items[numbers[0]].start
        if length >= _ANSWERS[item.document % len(_ANSWERS)]:
            if length <= _LONGEST_ANSWER:
                yield numbers
            numbers = []


def read_laws(folder: Path, name: str, script: str) -> Corpus:
    """Read a folder of laws; its questions are made of their articles, the same on every machine."""
    documents: list[Document] = []
    items: list[Item] = []
    titles: list[str] = []
    bodies: list[str] = []
    for document in _read_documents(folder):
        for start, end, title, body in _find_articles(document.text):
            items.append(Item(len(documents), start, end))
            titles.append(title)
            bodies.append(body)
        documents.append(document)
    return Corpus(name, script, documents, items, _make_questions(titles, bodies))


def select(corpus: Corpus, half: int) -> Corpus:
    """Keep half of the questions, 0 or 1: those about every other item. All items stay, to be mistaken for another."""
    questions = {
        kind: [question for question in asked if min(question.relevant) % 2 == half]
        for kind, asked in corpus.questions.items()
    }
    return replace(corpus, questions=questions)


def _read_documents(folder: Path) -> Iterator[Document]:
    """Read the files as the project does, without their front matter, which would tell the title to some cuts only."""
    source = open_source("text", folder)
    for file in source.files():
        for record in source.parse(file, Path(file.path).read_bytes()):
            if isinstance(record, Document):
                yield Document(record.origin, record.text[find_front_matter(record).end :])


def _find_articles(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield start, end, title and body of each article that has one; it ends where anything else begins."""
    matches = list(_ARTICLE.finditer(text))
    for match, following in zip_longest(matches, matches[1:]):
        end = following.start() if following else len(text)
        other = _HEADING.search(text, match.end(), end)
        body = text[match.end() : other.start() if other else end]
        if len(body.strip()) >= _LEAST:
            yield match.start(), match.end() + len(body), match["title"].strip(" ()*"), body


def _make_questions(titles: Sequence[str], bodies: Sequence[str]) -> Mapping[str, Sequence[Question]]:
    """Ask for each article by its title, a sentence, a clause, and the beginning of a clause with the title.

    What stands in several articles is answered by each of them.
    """
    dice = random.Random(1)
    asked: dict[str, list[Question]] = defaultdict(list)
    answers: dict[str, set[int]] = defaultdict(set)
    for number, title in enumerate(titles):
        answers[title].add(number)
    asked["title"] = [Question(title, frozenset(numbers)) for title, numbers in answers.items() if len(title) > 1]
    for number, (title, body) in enumerate(zip(titles, bodies, strict=True)):
        sentences = [match.group().strip() for match in _SENTENCE.finditer(body)]
        clauses = [match["words"].strip() for match in _CLAUSE.finditer(body)]
        if sentences:
            sentence = dice.choice(sentences)
            words = [word for place, word in enumerate(sentence.split()) if place % _LEFT_OUT != 1]
            asked["sentence"].append(Question(" ".join(words), _find(sentence, bodies)))
        if clauses:
            clause = dice.choice(clauses)
            opening = " ".join(clause.split()[:_OPENING])
            asked["clause"].append(Question(clause, _find(clause, bodies)))
            asked["title, clause"].append(Question(f"{title}: {opening}", frozenset([number])))
    return dict(asked)


def _find(words: str, bodies: Sequence[str]) -> frozenset[int]:
    return frozenset(number for number, body in enumerate(bodies) if words in body)


def _read_lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
