"""The letters that a pattern must name, since `re` has no class for them."""

# The capitals of all alphabets up to Vietnamese's: in a class of a pattern.
CAPITALS = "".join(filter(str.isupper, map(chr, range(ord("A"), 0x1F00))))
