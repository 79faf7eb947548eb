"""Entries of documents counted by XPath, independently of the program: path, then a count for each name, tab-separated."""
import sys

from lxml import etree

HL7 = {"h": "urn:hl7-org:v3"}
T = "2.16.840.1.113883.10.20.22."
PROBLEM = f"//h:observation[h:templateId/@root='{T}4.4']"


def own(roots, loinc):
    """A predicate: in a section with one of these templates, or with this code and no template of another known section."""
    templates = " or ".join(f"h:templateId/@root='{root}'" for root in roots)
    return f"[ancestor::h:section[1][{templates} or h:code/@code='{loinc}']]"


COUNTS = {
    "problems": f"count({PROBLEM})",
    "problems_in_section": f"count({PROBLEM}{own([T + '2.5', T + '2.5.1', '2.16.840.1.113883.10.20.1.11'], '11450-4')})",
}

parser = etree.XMLParser(recover=True, huge_tree=True)
for path in sys.stdin.read().splitlines():
    tree = etree.parse(path, parser)
    counts = [str(int(tree.xpath(xpath, namespaces=HL7))) for xpath in COUNTS.values()]
    print("\t".join([path, *counts]))
