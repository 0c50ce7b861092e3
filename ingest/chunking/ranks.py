"""The ranks of the headings of a law, outermost first, the same in every country."""

ANNEX, PART, CHAPTER, SECTION, SUBSECTION, ARTICLE = range(6)
