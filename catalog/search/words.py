"""How texts become the words that are searched."""

import re
import unicodedata

from catalog.text import fold

LONGEST_WORD = 60

# Letters that Unicode does not take apart and readers without them on their keyboard write so.
SPELLED_OUT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n", "ŧ": "t"}
)
APOSTROPHES = re.compile(r"['’‘`´ʼʹʻ＇]")
# Vowel signs of Indic and South-East Asian scripts are marks to Python, and parts of the word to their readers.
WORDS = re.compile(r"(?:[^\W_]|[\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])+")
# Scripts that put no spaces between words: Han, kana, Thai, Lao, Khmer, Burmese.
UNSPACED = re.compile(r"[฀-໿က-႟ក-៿぀-ヿ㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]+")


def words_of(text: str) -> list[str]:
    """
    Return the words of a text, folded: without case, accents, apostrophes and marks.

    Scripts without spaces become overlapping pairs of characters, so that a part of a title is found in it.
    """
    plain = unicodedata.normalize("NFC", APOSTROPHES.sub("", fold(text).translate(SPELLED_OUT)))
    found: list[str] = []
    for word in WORDS.findall(plain):
        end = 0
        for run in UNSPACED.finditer(word):
            found += [word[end : run.start()], *_pairs(run.group())]
            end = run.end()
        found.append(word[end:])
    return [word[:LONGEST_WORD] for word in found if word]


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def key_of(text: str) -> str:
    """Return a text's words as one line, by which two writings of one title are the same."""
    return " ".join(words_of(text))
