"""Entries of documents counted by XPath, independently of the program: path, then a count for each name, tab-separated."""
import sys

from lxml import etree

HL7 = {"h": "urn:hl7-org:v3"}
T = "2.16.840.1.113883.10.20.22."
OLD = "2.16.840.1.113883.10.20.1."


def is_of(*roots):
    """Has one of these templates."""
    return " or ".join(f"h:templateId/@root='{root}'" for root in roots)


def section(loinc, *roots):
    """Is a domain's own section: by template, or by code."""
    return f"{is_of(*roots)} or h:code/@code='{loinc}'"


PROBLEMS = section("11450-4", T + "2.5", T + "2.5.1", OLD + "11")
ALLERGIES = section("48765-2", T + "2.6", T + "2.6.1", OLD + "2")
MEDICATIONS = section("10160-0", T + "2.1", T + "2.1.1", OLD + "8")
IMMUNIZATIONS = section("11369-6", T + "2.2", T + "2.2.1", OLD + "6")

PROBLEM = f"//h:observation[{is_of(T + '4.4')}]"
ALLERGY = f"//h:observation[{is_of(T + '4.7', '2.16.840.1.113883.10.20.24.3.90')}]"
# By template anywhere, and every administration that is an entry of the section, but for directions, plans and immunizations.
OTHER = is_of(T + "4.147", T + "4.42", T + "4.52", T + "4.120")
MEDICATION = f"//h:substanceAdministration[{is_of(T + '4.16')} or (parent::h:entry/parent::h:section[{MEDICATIONS}] and not({OTHER}))]"
NO_IMMUNIZATION = is_of(T + "4.147", T + "4.42", T + "4.120")
IMMUNIZATION = f"//h:substanceAdministration[{is_of(T + '4.52')} or (parent::h:entry/parent::h:section[{IMMUNIZATIONS}] and not({NO_IMMUNIZATION}))]"

# By template on each of the three elements, those of CCD 1.0 too; and every such entry of the section but for what is planned and, of acts and
# observations, for what has the template of another entry of the guide.
PROCEDURES = section("47519-4", T + "2.7", T + "2.7.1", OLD + "12")
ENCOUNTERS = section("46240-8", T + "2.22", T + "2.22.1", OLD + "3")
ACTIVITY = is_of(T + "4.14", T + "4.12", T + "4.13", OLD + "29")
PLANNED = is_of(*(T + f"4.{number}" for number in range(39, 45)))
ANOTHER = f"h:templateId[starts-with(@root, '{T}4.') or starts-with(@root, '{OLD}')]"
OF_PROCEDURES = f"(parent::h:entry/parent::h:section[{PROCEDURES}] and not({PLANNED}) and (self::h:procedure or not({ANOTHER})))"
# By template, whatever the element; and every encounter that is an entry of the section.
STATEMENT = "ancestor::h:entry/parent::h:section"
OF_ENCOUNTERS = f"(self::h:encounter and parent::h:entry/parent::h:section[{ENCOUNTERS}])"
ENCOUNTER = f"//*[{STATEMENT} and (({is_of(T + '4.49', OLD + '21')}) or {OF_ENCOUNTERS})]"

# Place decides in these two: every observation that is an entry or in organizers alone; elsewhere the template does.
RESULTS = section("30954-2", T + "2.3", T + "2.3.1", OLD + "14")
VITAL_SIGNS = section("8716-3", T + "2.4", T + "2.4.1", OLD + "16")
ALONE = "not(ancestor::*[self::h:act or self::h:observation or self::h:procedure or self::h:encounter or self::h:substanceAdministration or self::h:supply])"


def placed(own):
    return f"(ancestor::h:entry and ancestor::h:section[1][{own}] and {ALONE})"


# Problems and allergies are these by their templates, whatever else they have.
FIRST = is_of(T + "4.4", T + "4.7", "2.16.840.1.113883.10.20.24.3.90")
MEASURED = f"(self::h:observation and ({placed(RESULTS)} or {placed(VITAL_SIGNS)}))"
PROCEDURE = f"""//*[self::h:procedure or self::h:act or self::h:observation][{STATEMENT}]
    [not(self::h:observation and ({FIRST}))][(({ACTIVITY}) and not({MEASURED})) or {OF_PROCEDURES}]"""

RESULT = f"//h:observation[{placed(RESULTS)} or (({is_of(T + '4.2')}) and not({placed(VITAL_SIGNS)}))]"
VITAL_SIGN = f"//h:observation[{placed(VITAL_SIGNS)} or (({is_of(T + '4.27')}) and not({placed(RESULTS)}))]"
# One with both templates, placed in neither section, is a result.
VITAL_SIGN = VITAL_SIGN[:-1] + f" and not(({is_of(T + '4.2')}) and not({placed(VITAL_SIGNS)}))]"


def templates(numbers):
    """Has one of the guide's entry templates with these numbers."""
    return is_of(*[f"{T}4.{number}" for number in numbers.split()])


# What domains take that come first: problems, allergies, medications, immunizations, results, vital signs; procedures and encounters by their templates.
MEASUREMENT = f"self::h:observation and ({templates('2 27')} or {placed(RESULTS)} or {placed(VITAL_SIGNS)})"
TAKEN = f"({templates('4 7 12 13 14 16 49 52')} or {is_of('2.16.840.1.113883.10.20.24.3.90')} or ({MEASUREMENT}))"

PLAN_TEMPLATE = templates("39 40 41 42 43 44 120 129 130 140 146")
SOCIAL_TEMPLATE = templates("38 78 85 511 200 507 501 281 503 504 506 505 72 109 111 514") + " or " + is_of(
    "2.16.840.1.113883.10.20.34.3.45", "2.16.840.1.113883.10.20.15.3.8", "2.16.840.1.113883.10.20.15.3.1", "2.16.840.1.113883.10.15.2")
NOTE_TEMPLATE = templates("202")

# Plans by template anywhere, whichever element has it, and whatever else the sections of plans hold that has not happened; but no goals.
# The template of a section wins over its code: one vendor's plan has that of encounters.
PLAN = f"({section('18776-5', T + '2.10')}) and not({is_of(T + '2.22', T + '2.22.1')})"
PLANS = f"({PLAN}) or {section('51847-2', T + '2.9')} or {section('59772-4', T + '2.30')}"
ENTRY = " or ".join(f"self::h:{name}" for name in "act encounter procedure substanceAdministration supply observation".split())
GOAL = f"(@moodCode='GOL' or {templates('121')})"
NO_PLAN = f"(@moodCode='EVN' or {templates('64 115 122 147 201')} or {NOTE_TEMPLATE} or (self::h:observation and ({SOCIAL_TEMPLATE})))"
PLANNED_ITEM = f"//*[({ENTRY}) and not({GOAL}) and not({TAKEN}) and ({PLAN_TEMPLATE} or ({placed(PLANS)} and not({NO_PLAN})))]"

# Social history by template anywhere, and each other observation of the section; scales and their items there alone.
SOCIAL_HISTORY = section("29762-2", T + "2.17", OLD + "15")
SCALE = f"(({templates('69 86')}) and ancestor::h:section[1][{SOCIAL_HISTORY}])"
SOCIAL = f"//h:observation[({SOCIAL_TEMPLATE} or {SCALE} or {placed(SOCIAL_HISTORY)}) and not({TAKEN}) and not({PLAN_TEMPLATE})]"

# Note activities anywhere, and each other act with a text that is an entry of the section and no plan.
NOTES = is_of(T + "2.65")
NOTE = f"//*[{NOTE_TEMPLATE} or (self::h:act and h:text and {placed(NOTES)} and not({TAKEN}) and not({PLAN_TEMPLATE}))]"

COUNTS = []
for rows, own in [(PROBLEM, PROBLEMS), (ALLERGY, ALLERGIES), (MEDICATION, MEDICATIONS), (RESULT, RESULTS), (VITAL_SIGN, VITAL_SIGNS),
                  (IMMUNIZATION, IMMUNIZATIONS), (PROCEDURE, PROCEDURES), (ENCOUNTER, ENCOUNTERS), (PLANNED_ITEM, PLAN), (SOCIAL, SOCIAL_HISTORY),
                  (NOTE, NOTES)]:
    COUNTS += [f"count({rows})", f"count({rows}[ancestor::h:section[1][{own}]])"]

parser = etree.XMLParser(recover=True, huge_tree=True)
for path in sys.stdin.read().splitlines():
    tree = etree.parse(path, parser)
    counts = [str(int(tree.xpath(xpath, namespaces=HL7))) for xpath in COUNTS]
    print("\t".join([path, *counts]))
