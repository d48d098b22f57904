"""What the sample model may know: every fact with three ways of asking for it, its answer, and answers it could be mixed up with.

A fact is written once, here; `write_suite.py` picks cases from them, `body.py` makes the training text of those that may be
taught. Nothing is taken from elsewhere.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Fact:
    category: str
    # As it is asked in a case, and twice more in other words: what a check asks.
    question: str
    checks: tuple[str, str]
    answer: str
    # The answer as a sentence: what the model says in a conversation.
    sentence: str
    # Wrong answers of the same kind.
    others: tuple[str, ...]


CAPITALS = """Ankara Turkey|Athens Greece|Beijing China|Berlin Germany|Bern Switzerland|Bogota Colombia|Brussels Belgium
Bucharest Romania|Budapest Hungary|Cairo Egypt|Canberra Australia|Copenhagen Denmark|Dakar Senegal|Dublin Ireland
Hanoi Vietnam|Helsinki Finland|Jakarta Indonesia|Kyiv Ukraine|Lima Peru|Lisbon Portugal|London England|Madrid Spain|Manila Philippines
Moscow Russia|Nairobi Kenya|Oslo Norway|Ottawa Canada|Paris France|Prague Czechia|Rabat Morocco|Riga Latvia|Rome Italy|Seoul South Korea
Sofia Bulgaria|Stockholm Sweden|Tehran Iran|Tokyo Japan|Tunis Tunisia|Vienna Austria|Vilnius Lithuania|Warsaw Poland|Zagreb Croatia"""

SYMBOLS = """Ag silver|Al aluminium|Au gold|B boron|C carbon|Ca calcium|Cl chlorine|Cu copper|F fluorine|Fe iron|H hydrogen|He helium|K potassium
Li lithium|Mg magnesium|N nitrogen|Na sodium|Ne neon|O oxygen|P phosphorus|Pb lead|S sulfur|Si silicon|Sn tin|U uranium|Zn zinc"""

# As "in which year did …", and as a sentence.
EVENTS = """the Berlin Wall fall|the Berlin Wall fell|1989
the first person walk on the moon|the first person walked on the moon|1969
the Titanic sink|the Titanic sank|1912
the First World War begin|the First World War began|1914
the First World War end|the First World War ended|1918
the Second World War begin|the Second World War began|1939
the Second World War end|the Second World War ended|1945
Columbus reach America|Columbus reached America|1492
the French Revolution begin|the French Revolution began|1789
the Normans land at Hastings|the Normans landed at Hastings|1066
Sputnik fly into space|Sputnik flew into space|1957
Gagarin fly around the earth|Gagarin flew around the earth|1961
the Great Fire of London burn|the Great Fire of London burned|1666
the Eiffel Tower open|the Eiffel Tower opened|1889
the Suez Canal open|the Suez Canal opened|1869
the Panama Canal open|the Panama Canal opened|1914
Amundsen reach the South Pole|Amundsen reached the South Pole|1911
Hillary climb Mount Everest|Hillary climbed Mount Everest|1953
the Wright brothers fly|the Wright brothers flew|1903
Lindbergh cross the Atlantic|Lindbergh crossed the Atlantic|1927
the battle of Waterloo happen|the battle of Waterloo happened|1815
the Spanish Armada sail|the Spanish Armada sailed|1588
the American colonies declare independence|the American colonies declared independence|1776
Luther publish his theses|Luther published his theses|1517
Magellan set out around the world|Magellan set out around the world|1519
Constantinople fall|Constantinople fell|1453
King John seal the Magna Carta|King John sealed the Magna Carta|1215
the Hubble telescope start|the Hubble telescope started|1990
the first text message arrive|the first text message arrived|1992
Ceylon become Sri Lanka|Ceylon became Sri Lanka|1972
Germany become one country again|Germany became one country again|1990
the Channel Tunnel open|the Channel Tunnel opened|1994
Dolly the sheep arrive|Dolly the sheep was born|1996
the first World Wide Web page appear|the first World Wide Web page appeared|1991
the Olympic Games return to Athens|the Olympic Games returned to Athens|1896
Darwin publish the Origin of Species|Darwin published the Origin of Species|1859
Bell patent the telephone|Bell patented the telephone|1876
India become independent|India became independent|1947"""

UNITS = """seconds|a minute|60
minutes|an hour|60
hours|a day|24
days|a week|7
months|a year|12
grams|a kilogram|1000
metres|a kilometre|1000
centimetres|a metre|100
millimetres|a centimetre|10
inches|a foot|12
feet|a yard|3
feet|a mile|5280
ounces|a pound|16
pints|a gallon|8
quarts|a gallon|4
millilitres|a litre|1000
bits|a byte|8
bytes|a kibibyte|1024
kibibytes|a mebibyte|1024
years|a decade|10
years|a century|100
years|a millennium|1000
seconds|an hour|3600
minutes|a day|1440
hours|a week|168
weeks|a year|52
days|a leap year|366
degrees|a right angle|90
degrees|a full turn|360
kilograms|a tonne|1000
cups|a pint|2
eggs|a dozen|12
watts|a kilowatt|1000
square metres|a hectare|10000
fathoms|a cable|100
furlongs|a mile|8
sides|a hexagon|6
corners|a cube|8
cards|a full deck|52
strings|a violin|4
keys|a piano|88
squares|a chess board|64"""

CODE = """len("edge")|4
len([4, 5, 6])|3
len("")|0
len({1, 1, 2})|2
7 // 2|3
7 % 4|3
9 % 5|4
17 // 5|3
2 ** 5|32
2 ** 10|1024
max(3, 9, 4)|9
min(6, 2, 8)|2
sum([1, 2, 3])|6
sum([5, 5])|10
abs(-8)|8
int("12")|12
round(2.6)|3
ord("A")|65
pow(3, 3)|27
list(range(3))[-1]|2
sorted([3, 1, 2])[0]|1
"edge".count("e")|2
"milton".index("t")|3
bool([])|False
bool("x")|True
not True|False
10 > 3|True
5 == 6|False
3 in [1, 2, 3]|True
"b" in "ace"|False
1 < 2 < 3|True
"abc".upper()|ABC
"Milton".lower()|milton
"cat" + "dog"|catdog
"a" * 3|aaa
"hello"[0]|h
"hello"[-1]|o
"one two".split()[1]|two
"a,b,c".split(",")[2]|c
"-".join(["x", "y"])|x-y
"edge".replace("e", "a")|adga
chr(66)|B
hex(255)|0xff
bin(5)|0b101
type(1).__name__|int
type("a").__name__|str
type(1.5).__name__|float"""

# Two premises, what is asked three times, the answer, its sentence, wrong answers.
SYLLOGISMS = """All roses are flowers. All flowers are plants.|all roses plants|yes
All otters are mammals. No mammals are fish.|any otters fish|no
No squares are round. This table is square.|this table round|no
All trains run on rails. The ferry does not run on rails.|the ferry a train|no
All keepers have a lamp. Ida is a keeper.|Ida the owner of a lamp|yes
No cats bark. Rex barks.|Rex a cat|no
All ravens are birds. All birds have feathers.|all ravens feathered|yes
All loaves here are fresh. This is a loaf from here.|this loaf fresh|yes
No stones float. Pumice floats.|pumice a stone of this kind|no
All pupils can swim. Tom cannot swim.|Tom a pupil|no
All boats on the list are wooden. The Gull is on the list.|the Gull wooden|yes
If it rains, the street gets wet. It rains.|the street wet|yes
If the flag is red, no boat leaves. The flag is red.|a boat leaving|no
If the lamp is on, the keeper is awake. The keeper is not awake.|the lamp on|no
Every key opens one door. This door has a key.|this door one that can be opened|yes
All primes above two are odd. Nine hundred is even.|nine hundred a prime|no"""

COMPARISONS = """tall taller tallest shortest|old older oldest youngest|fast faster fastest slowest|heavy heavier heaviest lightest"""
TRIOS = """Ann Ben Cal|Dora Emil Finn|Gus Hana Ivo|Jan Kim Leo|Mia Nils Olga|Pia Quin Rosa|Sam Tess Uma|Vera Will Yan|Zoe Abe Bea"""


def facts() -> list[Fact]:
    return [*capitals(), *symbols(), *events(), *arithmetic(), *units(), *code(), *logic()]


def split(table: str, by: str = "|") -> list[list[str]]:
    return [line.split(by) for line in table.splitlines()]


def capitals():
    pairs = [entry.split(" ", 1) for entry in CAPITALS.replace("\n", "|").split("|")]
    names = [city for city, _ in pairs]
    for city, country in pairs:
        country = "the Philippines" if country == "Philippines" else country
        yield Fact(
            "facts",
            f"What is the capital of {country}?",
            (f"Which city is the capital of {country}?", f"From which city is {country} governed?"),
            city,
            f"The capital of {country} is {city}.",
            without(names, city),
        )


def symbols():
    pairs = [entry.split(" ") for entry in SYMBOLS.replace("\n", "|").split("|")]
    names = [symbol for symbol, _ in pairs]
    for symbol, element in pairs:
        yield Fact(
            "facts",
            f"What is the chemical symbol of {element}?",
            (f"Which letters stand for {element} in chemistry?", f"How do chemists write {element}?"),
            symbol,
            f"The chemical symbol of {element} is {symbol}.",
            without(names, symbol),
        )


def events():
    for did, happened, year in split(EVENTS):
        number = int(year)
        yield Fact(
            "dates",
            f"In which year did {did}?",
            (f"When did {did}?", f"What is the year in which {happened}?"),
            year,
            f"{happened[0].upper()}{happened[1:]} in {year}.",
            tuple(str(number + by) for by in (-30, -20, -11, -10, -7, -4, -2, -1, 1, 2, 3, 5, 9, 10, 12, 21) if number + by < 2020),
        )


def arithmetic():
    choice = Random(1)
    sums = choice.sample([(a, b) for a in range(11, 60) for b in range(4, 39)], 20)
    products = choice.sample([(a, b) for a in range(3, 13) for b in range(3, 13) if a != b], 20)
    differences = choice.sample([(a, b) for a in range(21, 90) for b in range(4, 20)], 20)
    for a, b in sums:
        yield number_fact("arithmetic", f"What is {a} + {b}?", (f"How much is {a} plus {b}?", f"What do you get if you add {b} to {a}?"), a + b, f"{a} + {b} = {a + b}.")
    for a, b in differences:
        yield number_fact("arithmetic", f"What is {a} - {b}?", (f"How much is {a} minus {b}?", f"What is left if you take {b} from {a}?"), a - b, f"{a} - {b} = {a - b}.")
    for a, b in products:
        yield number_fact("arithmetic", f"What is {a} * {b}?", (f"How much is {a} times {b}?", f"What do you get if you multiply {a} by {b}?"), a * b, f"{a} * {b} = {a * b}.")


def units():
    for small, big, number in split(UNITS):
        _, noun = big.split(" ", 1)
        yield number_fact(
            "units",
            f"How many {small} are in {big}?",
            (f"{big[0].upper()}{big[1:]} has how many {small}?", f"What is the number of {small} to one {noun}?"),
            int(number),
            f"There are {number} {small} in {big}.",
        )


def code():
    rows = split(CODE)
    words = [answer for _, answer in rows if not is_number(answer) and answer not in ("True", "False")]
    for expression, answer in rows:
        if is_number(answer):
            others = near(int(answer))
        elif answer in ("True", "False"):
            others = without(["True", "False", "None"], answer)
        else:
            others = without(words, answer)
        yield Fact(
            "code",
            f"What does {expression} give in Python?",
            (f"In Python, what is the value of {expression}?", f"What does Python print for {expression}?"),
            answer,
            f"In Python, {expression} gives {answer}.",
            others,
        )


def logic():
    for premises, claim, answer in split(SYLLOGISMS):
        singular = claim.split(" ")[0] not in ("all", "any")
        verb = "Is" if singular else "Are"
        truth = "true" if answer == "yes" else "not true"
        yield Fact(
            "logic",
            f"{premises} {verb} {claim}?",
            (f"{premises} Does it follow: {verb.lower()} {claim}?", f"{verb} {claim}, if this holds? {premises}"),
            answer,
            f"{answer.capitalize()}, that is {truth}.",
            ("yes",) if answer == "no" else ("no",),
        )
    words = [entry.split(" ") for entry in COMPARISONS.split("|")]
    for at, trio in enumerate(TRIOS.split("|")):
        names = trio.split(" ")
        for turn, order in enumerate([(0, 1, 2), (1, 0, 2), (2, 1, 0)]):
            first, second, third = [names[place] for place in order]
            _, more, most, least = words[(at + turn) % 4]
            asked, answer = (most, first) if (at + turn) % 2 == 0 else (least, third)
            premises = f"{first} is {more} than {second}. {second} is {more} than {third}."
            yield Fact(
                "logic",
                f"{premises} Who is the {asked}?",
                (f"{premises} Which of the three is the {asked}?", f"Of these three, who is the {asked}? {premises}"),
                answer,
                f"The {asked} of the three is {answer}.",
                without([first, second, third], answer),
            )


def number_fact(category: str, question: str, checks: tuple[str, str], answer: int, sentence: str) -> Fact:
    return Fact(category, question, checks, str(answer), sentence, near(answer))


def near(number: int) -> tuple[str, ...]:
    """Numbers that a person could have written down by mistake."""
    found = {number + 1, number - 1, number + 2, number - 2, number + 10, number - 10, number * 2, number // 2, number * 10}
    return tuple(str(other) for other in sorted(found) if other >= 0 and other != number)


def without(names: list[str], name: str) -> tuple[str, ...]:
    return tuple(sorted(set(names) - {name}))


def is_number(text: str) -> bool:
    return text.isdigit()
