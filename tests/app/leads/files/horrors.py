"""Forty files as they really come: each with what is true about it, the rows or the refusal.

`Rows` are (line or sheet row, cells); a broken row is (line, code).
"""

import gzip
from dataclasses import dataclass
from datetime import datetime

from tests.app.leads.files import workbooks as books
from tests.app.leads.files.workbooks import ods, ods_cell, raw_xlsx, xls, xlsx, zipped


@dataclass(frozen=True)
class Horror:
    """A file, and either its headers and rows or the code of its refusal."""

    name: str
    data: bytes
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[int, list[str] | str], ...] = ()
    refused: str = ""
    sheet: str = ""


HEAD = ("ПІБ", "Телефон", "Місто")
OLENA, IHOR = ["Олена Бондар", "0671234567", "Київ"], ["Ігор Мельник", "0501112233", "Львів"]
TITLES = "Звіт з лідів за листопад;;\nАгенція «Ромашка»;;\nСформовано 21.11.2026 о 14:03;;\n"
BODY = "ПІБ;Телефон;Місто\nОлена Бондар;0671234567;Київ\nІгор Мельник;0501112233;Львів\n"
ROWS = ((2, OLENA), (3, IHOR))
TITLED = ((5, OLENA), (6, IHOR))
RU = "Имя;Телефон;Город\nЕлена Бондарь;0671234567;Киев\nИгорь Щербаков;0501112233;Львов\n"
RU_ROWS = ((2, ["Елена Бондарь", "0671234567", "Киев"]), (3, ["Игорь Щербаков", "0501112233", "Львов"]))
PL = "Imię i nazwisko;Telefon;Miasto\nŁukasz Wójcik;501234567;Gdańsk\nJoanna Śliwińska;601234567;Łódź\n"
PL_ROWS = ((2, ["Łukasz Wójcik", "501234567", "Gdańsk"]), (3, ["Joanna Śliwińska", "601234567", "Łódź"]))
PL_HEAD = ("Imię i nazwisko", "Telefon", "Miasto")
ES = "nombre;teléfono;ciudad\nJosé Núñez;612345678;Málaga\nBegoña Peña;712345678;Logroño\n"
ES_ROWS = ((2, ["José Núñez", "612345678", "Málaga"]), (3, ["Begoña Peña", "712345678", "Logroño"]))
XML_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="B1"><v>1</v></c></row>'
DAY, MOMENT = map(datetime.fromisoformat, ("2026-11-21", "2026-11-21 14:03"))
SHEET = [list(HEAD), OLENA, IHOR]

TEXTS = [
    Horror("cp1251, semicolons, three titles", (TITLES + BODY).encode("cp1251"), HEAD, TITLED),
    Horror("cp1251, titles, CRLF, mark of Excel", ("sep=;\n" + BODY).replace("\n", "\r\n").encode("cp1251"), HEAD, ((3, OLENA), (4, IHOR))),
    Horror("UTF-8 with a mark", BODY.encode("utf-8-sig"), HEAD, ROWS),
    Horror("UTF-16 of “Unicode text”, tabs", BODY.replace(";", "\t").encode("utf-16"), HEAD, ROWS),
    Horror("UTF-16 big-endian without a mark", BODY.encode("utf-16-be"), HEAD, ROWS),
    Horror("KOI8-U from an old mail system", BODY.encode("koi8-u"), HEAD, ROWS),
    Horror("cp866 from a DOS till, end-of-file mark", (RU + "\x1a").encode("cp866"), ("Имя", "Телефон", "Город"), RU_ROWS),
    Horror("Polish cp1250", PL.encode("cp1250"), PL_HEAD, PL_ROWS),
    Horror("Polish ISO-8859-2", PL.encode("iso-8859-2"), PL_HEAD, PL_ROWS),
    Horror("Spanish cp1252", ES.encode("cp1252"), ("nombre", "teléfono", "ciudad"), ES_ROWS),
    Horror(
        "UTF-8 that turns Windows-1251 half-way",
        (BODY * 6).encode() + "Марія Їжак;0931112233;Ужгород\n".encode("cp1251"),
        HEAD,
        (*((line, row) for start in range(0, 18, 3) for line, row in ((start + 1, list(HEAD)), (start + 2, OLENA), (start + 3, IHOR)) if line > 1), (19, "undecodable_bytes")),
    ),
    Horror("colons, and commas in the cells", BODY.replace(";", ":").replace("Київ", "Київ, Поділ").encode(), HEAD, tuple((line, [cell.replace("Київ", "Київ, Поділ") for cell in row]) for line, row in ROWS)),
    Horror("carets", BODY.replace(";", "^").encode(), HEAD, ROWS),
    Horror("tildes, told by the first line", ("sep=~\n" + BODY.replace(";", "~")).encode(), HEAD, ((3, OLENA), (4, IHOR))),
    Horror("pipes and line ends of an old Mac", BODY.replace(";", "|").replace("\n", "\r").encode(), HEAD, ROWS),
    Horror(
        "single quotation marks",
        b"'name','phone','note'\n'Olena','0671234567','a, b'\n'Ihor','0501112233','it''s'\n",
        ("name", "phone", "note"),
        ((2, ["Olena", "0671234567", "a, b"]), (3, ["Ihor", "0501112233", "it's"])),
    ),
    Horror(
        "names in marks that are no quotes",
        'Фірма;Телефон;Місто\n"Ромашка" ТОВ;0671234567;Київ\n"Мак" ФОП;0501112233;Львів\n'.encode(),
        ("Фірма", "Телефон", "Місто"),
        ((2, ['"Ромашка" ТОВ', "0671234567", "Київ"]), (3, ['"Мак" ФОП', "0501112233", "Львів"])),
    ),
    Horror(
        "notes over several lines, mixed line ends",
        b'name,phone,note\r\nOlena,0671234567,"call\nafter ""six""\r\nplease"\rIhor,0501112233,\n',
        ("name", "phone", "note"),
        ((2, ["Olena", "0671234567", 'call\nafter "six"\r\nplease']), (5, ["Ihor", "0501112233", ""])),
    ),
    Horror(
        "a heading of two rows under a title",
        b"Report;;;;\n;Contact 1;;Contact 2;\nID;Name;Phone;Name;Phone\n1;Olena;0671234567;Ihor;0501112233\n",
        ("ID", "Contact 1 / Name", "Contact 1 / Phone", "Contact 2 / Name", "Contact 2 / Phone"),
        ((4, ["1", "Olena", "0671234567", "Ihor", "0501112233"]),),
    ),
    Horror(
        "no heading, blank lines, empty columns at the end",
        b"\n\nOlena,0671234567,Kyiv,,\n,,,,\nIhor,0501112233,Lviv,,\n",
        (),
        ((3, ["Olena", "0671234567", "Kyiv"]), (5, ["Ihor", "0501112233", "Lviv"])),
    ),
    Horror(
        "a row of totals, a row too short, a row too long",
        b"name,phone,sum\nOlena,0671234567,5\nIhor,050\nOleh,0501112233,7,8\nTotal,,12\n",
        ("name", "phone", "sum"),
        ((2, ["Olena", "0671234567", "5"]), (3, "short_row"), (4, "long_row"), (5, ["Total", "", "12"])),
    ),
    Horror(
        "NUL, direction marks and a stray quote",
        "name,phone,city\nOl\x00ena,\u202e0671234567,K\u200eyiv\nIhor,0501112233,Lviv\n\"Oleh\" x,1,2\n".encode() + b"A B,0501112233,Lviv\n" * 12,
        ("name", "phone", "city"),
        ((2, ["Olena", "0671234567", "Kyiv"]), (3, ["Ihor", "0501112233", "Lviv"]), (4, ['"Oleh" x', "1", "2"]), *((line, ["A B", "0501112233", "Lviv"]) for line in range(5, 17))),
    ),
]  # fmt: skip

BOOKS = [
    Horror("a workbook from a call centre: phones as numbers, dates, errors",
        xlsx({"Ліди": [[], [None, "ПІБ", "Телефон", "Дата", "Час", "Сума", "Так", "Помилка"],
                       [None, "Олена", 380671234567, DAY, MOMENT, 12.5, True, "=NA()"]]}),
        ("ПІБ", "Телефон", "Дата", "Час", "Сума", "Так", "Помилка"),
        ((3, ["Олена", "380671234567", "2026-11-21", "2026-11-21 14:03:00", "12.5", "TRUE", ""]),), sheet="Ліди"),
    Horror("dates counted from 1904", xlsx({"A": [["name", "day"], ["Olena", DAY]]}, date_1904=True), ("name", "day"), ((2, ["Olena", "2026-11-21"]),), sheet="A"),
    Horror("a hidden sheet is longer than the shown one", xlsx({"Notes": [["hello"]], "New": SHEET, "Old": SHEET * 9}, hidden=["Old"]), HEAD, ROWS, sheet="New"),
    Horror("titles over a workbook's table", xlsx({"A": [["Звіт"], ["за листопад"], [], *SHEET]}), HEAD, TITLED, sheet="A"),
    Horror("a workbook of before 2007", xls({"Ліди": [["ПІБ", "Телефон", "Час"], ["Олена", 380671234567, MOMENT]]}), ("ПІБ", "Телефон", "Час"), ((2, ["Олена", "380671234567", "2026-11-21 14:03:00"]),), sheet="Ліди"),
    Horror("an OpenDocument sheet with a million repeated empty rows",
        ods('<table:table table:name="A"><table:table-row>' + ods_cell("name") + ods_cell("phone") + "</table:table-row><table:table-row>"
            + ods_cell("Olena") + ods_cell("380671234567", "float") + '</table:table-row><table:table-row table:number-rows-repeated="1048574">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'),
        ("name", "phone"), ((2, ["Olena", "380671234567"]),), sheet="A"),
    Horror("a CSV in gzip", gzip.compress(BODY.encode("cp1251")), HEAD, ROWS),
    Horror("a CSV in a ZIP from a Mac, with a name that climbs", zipped({"__MACOSX/._leads.csv": b"\x00\x05", "../../etc/leads.csv": BODY.encode()}), HEAD, ROWS),
    Horror("a workbook in a ZIP", zipped({"folder/": b"", "folder/leads.xlsx": xlsx({"A": SHEET})}), HEAD, ROWS, sheet="A"),
]  # fmt: skip

REFUSED = [
    Horror("a web page named .xls", b"<html><head></head><body><table><tr><td>1</td></tr></table></body></html>", refused="other_format"),
    Horror("JSON", b'[{"name": "Olena", "phone": "0671234567"}]', refused="other_format"),
    Horror("an archive of two tables", zipped({"a.csv": BODY, "b.csv": BODY}), refused="archive_of_many"),
    Horror("an archive in an archive", zipped({"a.zip": zipped({"a.csv": BODY})}), refused="nested_archive"),
    Horror("an archive with a password", books.locked(zipped({"a.csv": BODY})), refused="locked_file"),
    Horror("an archive with a link", books.with_link("/etc/passwd"), refused="harmful_file"),
    Horror("a workbook cut off", xlsx({"A": SHEET})[:-300], refused="damaged_file"),
    Horror("a gzip cut off", gzip.compress(BODY.encode() * 50)[:-20], refused="truncated_file"),
    Horror("a heading and nothing else", xlsx({"A": [list(HEAD)]}), refused="only_header"),
    Horror("an empty workbook", xlsx({"A": [], "B": []}), refused="empty_file"),
    Horror("entities that laugh a billion times", raw_xlsx(XML_ROW, before='<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'), refused="harmful_file"),
    Horror("an entity that fetches a file", ods("", prolog='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), refused="harmful_file"),
]  # fmt: skip

MENDED = [
    Horror(
        "blanks before the quotation marks",
        b'name, phone, note\nOlena, 0671234567, "call, please"\nIhor, 0501112233, "not now, later"\n',
        ("name", "phone", "note"),
        ((2, ["Olena", "0671234567", "call, please"]), (3, ["Ihor", "0501112233", "not now, later"])),
    ),
    Horror(
        "backslashes before quotation marks, as databases write them",
        b'"name","phone","note"\n"Olena","0671234567","screen of 24\\" wide"\n"Ihor","0501112233","\\"later\\", he said"\n',
        ("name", "phone", "note"),
        ((2, ["Olena", "0671234567", 'screen of 24" wide']), (3, ["Ihor", "0501112233", '"later", he said'])),
    ),
    Horror(
        "a table Excel opened as one column and saved: lines framed once more",
        'ПІБ,Телефон,Місто\nОлена Бондар,0671234567,Київ\n"Ігор Мельник,0501112233,""Львів, центр"""\n'.encode("cp1251"),
        HEAD,
        ((2, OLENA), (3, ["Ігор Мельник", "0501112233", "Львів, центр"])),
    ),
    Horror(
        "quotation marks and line ends in a few cells of a small table",
        b'name,note\nOlena,"asks for ""Dim""\nafter six"\nIhor,later\n',
        ("name", "note"),
        ((2, ["Olena", 'asks for "Dim"\nafter six']), (4, ["Ihor", "later"])),
    ),
    Horror(
        "a firm's name in marks among cells that are framed",
        ('"ПІБ";"Телефон";"Місто"\n' + '"Олена Бондар";"0671234567";"Київ"\n' * 8 + '"Ромашка" ТОВ;0671234567;"Київ"\n').encode(),
        HEAD,
        (*((line, OLENA) for line in range(2, 10)), (10, ['"Ромашка" ТОВ', "0671234567", "Київ"])),
    ),
    Horror(
        "every row of another width than the heading",
        b"name,phone,city\nOlena,0671234567,Kyiv,urgent\nIhor,050\nOleh,0931112233,Lviv\n",
        ("name", "phone", "city"),
        ((2, "long_row"), (3, "short_row"), (4, ["Oleh", "0931112233", "Lviv"])),
    ),
    Horror("Mac Cyrillic from an old Mac", BODY.encode("mac-cyrillic"), HEAD, ROWS),
    Horror("Turkish cp1254", "ad;şehir\nİbrahim Yıldız;Muğla\nAyşe Çağlar;Iğdır\n".encode("cp1254"), ("ad", "şehir"), ((2, ["İbrahim Yıldız", "Muğla"]), (3, ["Ayşe Çağlar", "Iğdır"]))),
    Horror("English with the signs of Word in cp1252", "name;note\nSean O’Brien;call — later\nAnn;pays £30\n".encode("cp1252"), ("name", "note"), ((2, ["Sean O’Brien", "call — later"]), (3, ["Ann", "pays £30"]))),
    Horror("French with words of one letter in cp1252", "nom;note\nHélène;à voir\nRené;là\n".encode("cp1252"), ("nom", "note"), ((2, ["Hélène", "à voir"]), (3, ["René", "là"]))),
    Horror("a sign of copyright and nothing else in cp1252", "name,note\nAnn,1\nBob,©\n".encode("cp1252"), ("name", "note"), ((2, ["Ann", "1"]), (3, ["Bob", "©"]))),
    Horror("one Cyrillic letter a row in cp1251", "name,sex,age\nOlena,ж,31\nIhor,м,40\n".encode("cp1251"), ("name", "sex", "age"), ((2, ["Olena", "ж", "31"]), (3, ["Ihor", "м", "40"]))),
    Horror("a workbook row of nothing but noughts", xlsx({"A": [["done", "sum"], [0, 0], [False, 0], [None, None], [1, 2]]}), ("done", "sum"), ((2, ["0", "0"]), (3, ["FALSE", "0"]), (5, ["1", "2"])), sheet="A"),
    Horror("a workbook whose parts are named the way of Windows", books.renamed(xlsx({"A": SHEET}), lambda name: name.replace("/", "\\").lower()), HEAD, ROWS, sheet="A"),
    Horror("Hebrew in its own encoding", "שם;עיר\nדוד כהן;תל אביב\nשרה לוי;ירושלים\nיוסף מזרחי;חיפה\n".encode("cp1255"), refused="undecodable_file"),
    Horror("Greek in its own encoding", "όνομα;πόλη\nΓιώργος Παπαδόπουλος;Αθήνα\nΜαρία Νικολάου;Θεσσαλονίκη\n".encode("iso-8859-7"), refused="undecodable_file"),
    Horror("a workbook with a password", books.compound("EncryptedPackage"), refused="locked_file"),
    Horror("a letter of Word", books.compound("WordDocument"), refused="binary_file"),
    Horror("a message saved by Outlook", books.compound("__substg1.0_0037001F"), refused="other_format"),
    Horror("a heading longer than a cell", b"name," + b"phone" * 10_000 + b"\nOlena,0671234567\n", refused="cell_too_long"),
]  # fmt: skip
"""What collections of awkward files from elsewhere taught; the files are of our own making."""

HORRORS = [*TEXTS, *BOOKS, *REFUSED, *MENDED]
