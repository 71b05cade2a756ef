"""What made-up books are called, by whom they are, and who publishes them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product, zip_longest
from random import Random

# The commonest first; "love" leads, as it does in bookshops.
THINGS = """
love night house girl secret world heart king time garden war city death river moon sea winter summer blood shadow
fire star dream road island daughter mother child song stone bone bird wolf tree forest mountain light dark sky storm
rain snow wind ghost witch dragon queen prince knight soldier thief captain doctor teacher sister brother father son
wife husband friend stranger guest neighbour memory silence letter book library language map window door room kitchen
table bread salt honey wine apple rose orchard field farm village street bridge tower castle palace temple church
harbour ship boat voyage train station market mill lighthouse school island desert valley canyon glacier cave well
spring autumn morning evening midnight sunday season year century hour clock bell mirror lamp candle thread needle coat
shoe ring crown sword knife key coin gold silver iron glass paper ink amber ivory velvet silk feather wing egg nest fox
horse lion tiger bear hare crow raven owl swan whale fish spider bee butterfly cat dog mouse snake elephant tide wave
shore coast horizon north south east west border empire republic revolution peace treaty crime murder trial witness
judge prison escape hunter game chess dance music piano violin opera circus theatre painter portrait colour blue truth
lie promise hope fear grief joy anger pride honour faith luck chance fate fortune wisdom science history nature number
machine engine robot planet galaxy comet atom code signal wire cloud garden cook recipe tea coffee chocolate soup
""".split()

QUALITIES = """
last little dark secret lost great new old first black long white good red silent golden hidden broken wild blue
beautiful small cold deep forgotten quiet sweet strange hollow burning perfect bright distant empty final green
impossible invisible lonely midnight northern pale restless sacred savage scarlet silver simple single sleeping slow
southern stolen sudden tender thin thousand true twisted unquiet velvet wandering warm weeping whispering wicked winter
""".split()

SHAPES = {  # how titles are built, and how often: a third has "the", an eighth "of"
    "The {quality} {thing}": 10,
    "The {thing} of {other}": 5,
    "The {thing}’s {other}": 3,
    "{thing} in the {other}": 3,
    "The {thing}": 4,
    "{thing} of the {other}": 2,
    "{quality} {thing}": 16,
    "{thing} and {other}": 10,
    "{thing} of {other}": 5,
    "One {quality} {thing}": 6,
    "{thing}": 7,
    "{quality} {thing}, {quality_too} {other}": 5,
    "How to {thing} a {other}": 3,
    "My {quality} {thing}": 3,
    "{thing} {other}": 9,
}
SUBTITLES = {
    "": 70,
    "A Novel": 12,
    "Stories": 4,
    "A History of {thing}": 5,
    "Notes on {thing} and {other}": 5,
    "The {quality} Story of {thing}": 4,
}
CYCLES = ("Chronicles", "Trilogy", "Mysteries", "Saga", "Tales", "Sequence", "Files", "Quartet")

GIVEN_NAMES = """
Maria James Anna John Elena David Sofia Michael Laura Thomas Clara Robert Emma Peter Nora Paul Alice Daniel Ines Martin
Julia George Eva Henry Lucía José Zoë François Søren Małgorzata Jürgen Björn Aoife Siân Mehmet Çiğdem Olga Ivan Yuki
Haruki Min-jun Wei Arjun Priya Amara Chinua Ngozi Kwame Fatima Omar Leïla Dalia Tomás Renata Miroslav Katarína Gábor
Zsófia Ana Raúl Ida Lars Astrid Mikko Aino Pekka Linnea Edith Oscar Vera Hugo Rosa Felix Greta Leo Iris Max Ruth Adam
""".split()
BEGINNINGS = """
Al An Ar Bar Bel Ber Bor Bra Cal Car Cas Cor Dal Dan Del Dor Ed El Fal Fer Gal Gar Gor Gre Hal Har Hol Jan Jor Kal Kar
Kel Kor Lan Lar Lin Lor Mal Mar Mel Mor Nel Nor Ol Or Pal Par Pel Per Ran Ros Sal San Sel Sor Tal Tor Ul Val Var Vel
Wal Wes Win Yar Zan Zel
""".split()
MIDDLES = "a an and ar e el en er i ic in is o on or os u um ab ed ig ov am il ev at ad et id om".split()
ENDINGS = (
    "bridge by dale den er ez field ford gard holm i ini kin ko land ley man mann ner ning o ov ová son stad ström \
sen ski ton wald well wick wood worth yk zen án és ía".split()
)

WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Skew:
    """Picks places below `size` after Zipf: place n about as often as 1 / n, the first `head` less unevenly."""

    size: int
    head: float

    def pick(self, random: Random) -> int:
        return int(self.head * (1 + self.size / self.head) ** random.random() - self.head)


class Choice:
    """Picks texts by their weights."""

    def __init__(self, weights: dict[str, int]):
        self._texts: Sequence[str] = [text for text, weight in weights.items() for _time in range(weight)]

    def pick(self, random: Random) -> str:
        return random.choice(self._texts)


class Words:
    """The words of a shop: our own and those of the titles it has by turns, then rarer ones joined of two."""

    SIZE = 30_000

    def __init__(self, titles: Iterable[str]):
        known = Counter(word for title in titles for word in WORD.findall(title.lower()) if len(word) > 3)
        joined = (first + second for first, second in product(THINGS, THINGS) if first != second)
        theirs = [word for word, _count in known.most_common()]
        common = dict.fromkeys(word for pair in zip_longest(THINGS, theirs) for word in pair if word)
        rare = [word for word in joined if word not in common]
        Random(0).shuffle(rare)  # noqa: S311 - nothing here is secret
        self._things = [word.capitalize() for word in islice([*common, *rare], self.SIZE)]
        self._qualities = [word.capitalize() for word in QUALITIES]
        self._thing_skew = Skew(len(self._things), 3)
        self._quality_skew = Skew(len(self._qualities), 3)
        self._shapes, self._subtitles = Choice(SHAPES), Choice(SUBTITLES)

    def title(self, random: Random) -> str:
        return self._fill(self._shapes.pick(random), random)

    def subtitle(self, random: Random) -> str:
        shape = self._subtitles.pick(random)
        return self._fill(shape, random) if "{" in shape else shape

    def series(self, random: Random) -> str:
        return f"The {self.thing(random)} {random.choice(CYCLES)}"

    def thing(self, random: Random) -> str:
        return self._things[self._thing_skew.pick(random)]

    def quality(self, random: Random) -> str:
        return self._qualities[self._quality_skew.pick(random)]

    def _fill(self, shape: str, random: Random) -> str:
        return shape.format(
            thing=self.thing(random),
            other=self.thing(random),
            quality=self.quality(random),
            quality_too=self.quality(random),
        )


class Names:
    """The people of a shop: those it has write one in twenty of the books, the rest are made of syllables."""

    SIZE = 400_000
    PUBLISHERS = 3_000

    def __init__(self, known: Sequence[str]):
        self._known = known
        self._known_skew = Skew(len(known), 20)
        self._skew = Skew(self.SIZE, 300)
        self._publisher_skew = Skew(self.PUBLISHERS, 20)

    def author(self, random: Random) -> str:
        if self._known and random.random() < 0.05:
            return self._known[self._known_skew.pick(random)]
        return _name(self._skew.pick(random))

    def publisher(self, random: Random) -> str:
        place = self._publisher_skew.pick(random)
        kind = ("Press", "Books", "Publishing", "House", "Editions")[place % 5]
        return f"{_surname(Random(place))} {kind}"  # noqa: S311


def _name(place: int) -> str:
    """Return the same name for the same place, so that nobody needs to remember them all."""
    random = Random(place)  # noqa: S311
    return f"{random.choice(GIVEN_NAMES)} {_surname(random)}"


def _surname(random: Random) -> str:
    middles: Iterator[str] = (random.choice(MIDDLES) for _each in range(random.choice((0, 1, 1, 2))))
    return random.choice(BEGINNINGS) + "".join(middles) + random.choice(ENDINGS)
